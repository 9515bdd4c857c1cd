import { Avatar, Button, cx, Menu, type MenuItem, Trouble } from '@kit'
import {
  CheckCheck,
  CircleAlert,
  Clock,
  Download,
  Ellipsis,
  FileText,
  Info,
  Lock,
  type LucideIcon,
  MailX,
  Paperclip,
  RotateCcw,
  Send,
  ShieldAlert,
} from 'lucide-react'
import { useState } from 'react'
import { api, sentence, url } from '../../api/client'
import type { Address, Attachment, Message } from '../../api/types'
import { useCell, usePart } from '../../store/cell'
import { loadThread } from '../../store/load'
import { trouble } from '../../store/toasts'
import { me, now } from '../../store/world'
import { type Key, t } from '../../text/t'
import { bytes, fully, moment } from '../../text/time'
import { takeBack } from '../composer/send'
import { checked, doubtful } from './auth'
import { MailBody } from './MailBody'

const named = (list: Address[]) =>
  list.map((one) => (one.name ? `${one.name} <${one.address}>` : one.address)).join(', ')

const stateIcons: Partial<Record<Message['state'], LucideIcon>> = {
  queued: Clock,
  sending: Send,
  sent: CheckCheck,
  failed: CircleAlert,
  bounced: MailX,
}

/** How far an answer of ours has come: sending, sent, delivered, or back. */
function Delivery({ message }: { message: Message }) {
  const Glyph = stateIcons[message.state]
  if (message.direction !== 'out' || !Glyph) return null
  const bad = message.state === 'failed' || message.state === 'bounced'
  const words = message.delivered && message.state === 'sent' ? 'delivered' : message.state
  return (
    <span
      className={cx('inline-flex items-center gap-1', bad && 'font-medium text-broken')}
      title={fully(message.sent_at ?? message.at)}
    >
      <Glyph size={13} aria-hidden />
      {t(`state.${words}` as Key)}
    </span>
  )
}

function Failure({ message }: { message: Message }) {
  if (message.state !== 'failed' && message.state !== 'bounced') return null
  const again = () => {
    api.post(`/messages/${message.id}/retry`).then(
      () => loadThread(message.conversation_id),
      (error) => trouble(sentence(error)),
    )
  }
  return (
    <div className="mt-2">
      <Trouble
        title={t(`state.${message.state}` as Key)}
        text={t(message.state === 'failed' ? 'state.failedText' : 'state.bouncedText', { error: message.error ?? '' })}
        retry={{ label: t('action.retry'), run: again }}
      />
    </div>
  )
}

function File({ file }: { file: Attachment }) {
  const image = /^image\/(png|jpe?g|gif|webp|avif)$/.test(file.type)
  return (
    <a
      href={file.url}
      target="_blank"
      rel="noreferrer"
      aria-label={t('attachment.open', { name: file.name })}
      className="flex max-w-60 items-center gap-2 rounded-md border border-line bg-bg p-1.5 pe-2.5 text-meta hover:border-line-strong"
    >
      {image ? (
        <img src={file.url} alt="" loading="lazy" className="size-8 shrink-0 rounded-sm bg-sunken object-cover" />
      ) : (
        <span className="grid size-8 shrink-0 place-items-center rounded-sm bg-sunken text-ink-2">
          <Paperclip size={15} aria-hidden />
        </span>
      )}
      <span className="min-w-0">
        <span className="block truncate font-medium" dir="auto">
          {file.name || file.type}
        </span>
        <bdi className="block text-ink-2">{bytes(file.size)}</bdi>
      </span>
      <Download size={13} aria-hidden className="shrink-0 text-ink-2" />
    </a>
  )
}

function Details({ message }: { message: Message }) {
  const lines: [Key, string][] = [
    ['thread.from', named([message.author])],
    ['thread.to', named(message.to)],
    ['thread.cc', named(message.cc)],
    ['thread.bcc', named(message.bcc)],
    ['thread.date', fully(message.at)],
  ]
  const verdicts = checked(message)
  if (verdicts) lines.push(['thread.checked', verdicts])
  return (
    <dl className="mb-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 rounded-md bg-bg/60 p-2 text-meta">
      {lines
        .filter(([, value]) => value)
        .map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-ink-2">{t(label)}</dt>
            <dd className="break-words" dir="auto">
              {value}
            </dd>
          </div>
        ))}
    </dl>
  )
}

const frames: Record<Message['direction'], string> = {
  in: 'border-line bg-subtle',
  out: 'border-transparent bg-accent-soft',
  note: 'border-note-line bg-note-soft',
  system: 'border-line border-dashed bg-bg',
}

function choices(message: Message, onDetails: () => void): MenuItem[] {
  const raw = () => window.open(url(`/messages/${message.id}/raw`), '_blank', 'noopener')
  return [
    { label: t('thread.details'), icon: Info, onSelect: onDetails },
    ...(message.has_raw ? [{ label: t('thread.raw'), icon: FileText, onSelect: raw }] : []),
  ]
}

function Head({ message, onDetails }: { message: Message; onDetails: () => void }) {
  const present = useCell(now)
  const mine = usePart(me, (person) => person?.id === message.author.id && message.author.kind === 'person')
  const name = mine ? t('thread.you') : message.author.name || message.author.address || t('event.system')
  return (
    <header className="mb-1 flex items-center gap-x-2 text-meta whitespace-nowrap text-ink-2">
      <b className="min-w-0 truncate font-semibold text-ink" dir="auto">
        {name}
      </b>
      <time dateTime={message.at} title={fully(message.at)} className="shrink-0">
        {moment(message.at, present)}
      </time>
      {message.direction === 'note' && (
        <span className="inline-flex min-w-0 items-center gap-1 truncate font-medium text-note">
          <Lock size={12} aria-hidden />
          {t('thread.note')}
        </span>
      )}
      {message.auto && message.direction === 'out' && <span className="truncate">{t('thread.acknowledgement')}</span>}
      {(message.direction === 'in' || message.direction === 'system') && message.kind && message.kind !== 'message' && (
        <span className="truncate">{t(`thread.kind.${message.kind}` as Key)}</span>
      )}
      <span className="flex-1" />
      <Delivery message={message} />
      {message.direction !== 'note' && (
        <Menu
          trigger={
            <button
              type="button"
              aria-label={t('action.more')}
              title={t('action.more')}
              className="touch-target -my-1 -me-1.5 grid size-6 shrink-0 place-items-center rounded-md text-ink-2 opacity-60 group-hover:opacity-100 hover:bg-sunken hover:text-ink focus-visible:opacity-100"
            >
              <Ellipsis size={14} aria-hidden />
            </button>
          }
          items={() => choices(message, onDetails)}
        />
      )}
    </header>
  )
}

/** One utterance. The customer's stand at the start, ours at the end, notes across in yellow with a lock. */
export function MessageCard({ message, first }: { message: Message; first: boolean }) {
  const [details, setDetails] = useState(false)
  const files = message.attachments.filter((file) => !file.inline)
  const ours = message.direction === 'out'
  const person = useCell(me)
  return (
    <article
      className={cx(
        'group flex max-w-[min(100%,calc(68ch+48px))] gap-2.5',
        ours && 'self-end',
        first ? 'mt-2' : 'mt-0',
      )}
    >
      {message.direction === 'in' && (
        <span className={cx('mt-1 max-two:hidden', !first && 'invisible')}>
          <Avatar name={message.author.name || message.author.address} />
        </span>
      )}
      <div className={cx('min-w-0 flex-1 rounded-lg border px-3 py-2', frames[message.direction])}>
        <Head message={message} onDetails={() => setDetails(!details)} />
        {details && <Details message={message} />}
        {doubtful(message) && (
          <p className="mb-2 flex items-start gap-1.5 rounded-md bg-risk-soft px-2 py-1 text-meta text-risk">
            <ShieldAlert size={14} aria-hidden className="mt-px shrink-0" />
            {t('thread.auth.warning')}
          </p>
        )}
        <MailBody message={message} />
        {files.length > 0 && (
          <div className="mt-2 flex flex-wrap gap-2">
            {files.map((file) => (
              <File key={file.id} file={file} />
            ))}
          </div>
        )}
        {message.state === 'queued' && message.author.id === person?.id && !message.auto && (
          <Button icon={RotateCcw} className="mt-2" onClick={() => void takeBack(message)}>
            {t('state.cancel')}
          </Button>
        )}
        <Failure message={message} />
      </div>
    </article>
  )
}
