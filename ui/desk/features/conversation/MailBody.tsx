import { Button } from '@kit'
import { ImageOff } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { url } from '../../api/client'
import type { Message } from '../../api/types'
import { t } from '../../text/t'
import { mailSheet } from './mail.css'
import { parse } from './trusted'

/** Mail that sets colours of its own was drawn for white paper: it gets white paper, in the dark too. */
const ownColours = (html: string) =>
  /\b(bgcolor|background(-color)?)\s*[=:]|<font[^>]+color|[;"\s]color\s*:/i.test(html)

/** Sanitised HTML in a shadow root: nothing of the page's style reaches in, nothing of the mail's reaches out. */
function Safe({ html }: { html: string }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const node = host.current
    if (!node) return
    const root = node.shadowRoot ?? node.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [mailSheet()]
    const box = document.createElement('div')
    box.className = ownColours(html) ? 'mail paper' : 'mail'
    box.dir = 'auto'
    const sheet = document.createElement('div')
    sheet.className = ownColours(html) ? 'sheet' : ''
    sheet.append(box)
    box.append(parse(html))
    for (const summary of box.querySelectorAll('details.kept-fold > summary')) {
      if (!/\p{L}/u.test(summary.textContent ?? '')) summary.textContent = t('thread.showQuoted')
    }
    root.replaceChildren(sheet)
  }, [html])
  return <div ref={host} />
}

/** With its remote images, a mail is shown in a frame without scripts, whose own policy lets images in and nothing else. */
function WithImages({ id }: { id: number }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const resize = () => {
    const inner = frame.current?.contentDocument?.documentElement
    if (frame.current && inner) frame.current.style.height = `${Math.min(inner.scrollHeight + 2, 6000)}px`
  }
  return (
    <iframe
      ref={frame}
      title={t('thread.withImages')}
      src={url(`/messages/${id}/html`, { images: 1 })}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      onLoad={() => {
        resize()
        const page = frame.current?.contentDocument
        for (const image of page?.images ?? []) image.addEventListener('load', resize)
      }}
      className="block min-h-40 w-full rounded-md bg-[#fff] [color-scheme:light]"
    />
  )
}

function PlainText({ message }: { message: Message }) {
  const shown = message.visible_text || message.text
  const folded = message.visible_text && message.text.trim() !== message.visible_text.trim()
  return (
    <>
      <p className="break-words whitespace-pre-wrap" dir="auto">
        {shown || <span className="text-ink-2 italic">{t('thread.empty')}</span>}
      </p>
      {folded && (
        <details className="mt-2">
          <summary className="inline-flex min-h-6 list-none items-center rounded-pill border border-line-strong px-2.5 text-meta text-ink-2 hover:bg-sunken hover:text-ink">
            {t('thread.showQuoted')}
          </summary>
          <p className="mt-2 break-words whitespace-pre-wrap text-ink-2" dir="auto">
            {message.text}
          </p>
        </details>
      )}
    </>
  )
}

/** What a message says. Remote images wait for a wish; quoted history is folded, never cut. */
export function MailBody({ message }: { message: Message }) {
  const [images, setImages] = useState(false)
  const html = message.html_folded || message.html
  const held = message.remote_images
  if (!html) return <PlainText message={message} />
  return (
    <>
      {images ? <WithImages id={message.id} /> : <Safe html={html} />}
      {held > 0 && !images && (
        <div className="mt-2 flex flex-wrap items-center gap-2 text-meta text-ink-2">
          <ImageOff size={14} aria-hidden className="shrink-0" />
          <span className="min-w-40 flex-1">{t('thread.images', { count: held })}</span>
          <Button onClick={() => setImages(true)}>{t('thread.showImages')}</Button>
        </div>
      )}
    </>
  )
}
