import { Button, cx, Trouble } from '@kit'
import { CornerUpLeft, Lock, NotebookPen, Send } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import type { Obstacle } from '../../api/client'
import type { Thread } from '../../api/types'
import { choose } from '../../app/go'
import { prefer, preferences } from '../../app/preferences'
import { useCell, usePart, useRow } from '../../store/cell'
import { trouble } from '../../store/toasts'
import { t } from '../../text/t'
import { neighbour } from '../conversation/verbs'
import { change, draftKey, drafts, openDraft, saving } from './drafts'
import { AttachButton, Files, useUploads } from './Files'
import { type Mode, modes, startWriting, wish } from './modes'
import { PlainText } from './PlainText'
import { Recipients } from './Recipients'
import { blank, type Draft, hasWords, shortName } from './rules'
import { addNote, sendReply } from './send'

const Editor = lazy(() => import('./editor/Editor'))

/** Whom an answer goes to by default: the customer; those copied in stay copied in. */
function usualRecipients(thread: Thread): Partial<Draft> {
  const cc = thread.participants.filter((one) => one.role === 'copied').map(({ name, address }) => ({ name, address }))
  return { cc }
}

function Tab({ mode, on, id, children }: { mode: Mode; on: boolean; id: number; children: ReactNode }) {
  const chosen =
    mode === 'reply' ? 'bg-accent-soft text-accent' : 'bg-bg text-note shadow-[0_0_0_1px_var(--color-note-line)]'
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button that moves the focus into the field, which a radio input does not
    <button
      type="button"
      role="radio"
      aria-checked={on}
      onClick={() => startWriting(id, mode)}
      className={cx(
        'inline-flex h-7 touch-target items-center gap-1.5 rounded-md px-2.5 text-dense',
        on ? cx('font-semibold', chosen) : 'text-ink-2 hover:bg-sunken hover:text-ink',
      )}
    >
      {mode === 'reply' ? <CornerUpLeft size={14} aria-hidden /> : <NotebookPen size={14} aria-hidden />}
      {children}
    </button>
  )
}

function Saved() {
  const state = useCell(saving)
  const words = { idle: '', saving: t('composer.saving'), saved: t('composer.saved'), here: t('composer.savedHere') }
  return <span className="min-w-0 truncate text-meta text-ink-2">{words[state]}</span>
}

function To({ id, draft, customer }: { id: number; draft: Draft; customer: { name: string; address: string } }) {
  const [open, setOpen] = useState(false)
  const copied = draft.cc.length + draft.bcc.length
  const edit = (part: Partial<Draft>) => change(id, 'reply', part)
  if (!open) {
    return (
      <button
        type="button"
        onClick={() => setOpen(true)}
        className="flex min-h-6 w-full items-center gap-1.5 px-3 pt-0.5 text-start text-meta text-ink-2 hover:text-ink"
      >
        <span>{t('composer.to')}</span>
        <bdi className="min-w-0 truncate">
          {draft.to.length
            ? draft.to.map((one) => one.name || one.address).join(', ')
            : `${customer.name} <${customer.address}>`}
        </bdi>
        {copied > 0 && <span className="shrink-0">{t('composer.recipientsMore', { count: copied })}</span>}
        <span className="ms-auto shrink-0 underline underline-offset-2">{t('composer.addCc')}</span>
      </button>
    )
  }
  const to = draft.to.length ? draft.to : [customer]
  return (
    <div className="flex flex-col border-b border-line px-3 pt-0.5 pb-1">
      <Recipients label={t('composer.to')} value={to} onChange={(next) => edit({ to: next })} />
      <Recipients label={t('composer.cc')} value={draft.cc} onChange={(cc) => edit({ cc })} autoFocus />
      <Recipients label={t('composer.bcc')} value={draft.bcc} onChange={(bcc) => edit({ bcc })} />
    </div>
  )
}

type SendRowProps = {
  mode: Mode
  name: string
  busy: boolean
  able: boolean
  onSend: (close: boolean) => void
  left: ReactNode
}

/** One button per meaning: sending names the person it goes to; a note looks and reads like a note. */
function SendRow({ mode, name, busy, able, onSend, left }: SendRowProps) {
  return (
    <div className="flex flex-wrap items-center gap-2 px-2 pb-2">
      {left}
      <span className="flex-1" />
      {mode === 'note' ? (
        <Button
          tone="note"
          icon={Lock}
          keys="mod+enter"
          busy={busy}
          aria-disabled={!able}
          onClick={() => onSend(false)}
        >
          {t('composer.addNote')}
        </Button>
      ) : (
        <>
          <Button disabled={busy} className="max-two:hidden" aria-disabled={!able} onClick={() => onSend(true)}>
            {t('composer.sendClose')}
          </Button>
          <Button
            tone="primary"
            icon={Send}
            keys="mod+enter"
            busy={busy}
            aria-disabled={!able}
            onClick={() => onSend(false)}
          >
            <bdi className="max-w-40 truncate">{t('composer.send', { name })}</bdi>
          </Button>
        </>
      )}
    </div>
  )
}

/** Where a conversation is answered. Closed it is one line; open it is a reply in white or a note in yellow, never in between. */
export function Composer({ thread }: { thread: Thread }) {
  const { id, customer } = thread.conversation
  const mode = useRow(modes, id) ?? 'reply'
  const wanted = useCell(wish)
  const plain = usePart(preferences, (own) => own.plain)
  const draft = useRow(drafts, draftKey(id, mode)) ?? blank
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [inTheWay, setInTheWay] = useState<Obstacle[]>([])
  const focus = wanted.id === id ? wanted.count : 0
  const name = shortName(customer.name, customer.address)
  const start = usualRecipients(thread)

  useEffect(() => {
    void openDraft(id, mode, mode === 'reply' ? start : {})
  }, [id, mode, start])
  const uploads = useUploads((file) =>
    change(id, mode, { files: [...(drafts.get(draftKey(id, mode)) ?? blank).files, file] }),
  )

  if (!open && !focus && !hasWords(draft)) {
    return <ClosedComposer id={id} name={name} />
  }
  const able = hasWords(draft) && uploads.waiting.length === 0
  const send = async (close: boolean) => {
    if (!able || busy) return
    setBusy(true)
    try {
      if (mode === 'note') await addNote(id, draft)
      else {
        const obstacles = await sendReply(id, draft, { name, close })
        setInTheWay(obstacles)
        if (close && !obstacles.length) choose(neighbour(id))
      }
    } catch {
      // The words are still in the composer, and the reason was said.
    } finally {
      setBusy(false)
    }
  }
  const takeFiles = (files: File[]) => {
    if (mode === 'note') trouble(t('composer.noteFiles'))
    else void uploads.upload(files)
  }
  const Field = plain || mode === 'note' ? PlainText : Editor
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the fields inside pass through here
    <div
      data-composer
      onFocus={() => setOpen(true)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        if (event.defaultPrevented) return // the editor took it
        event.preventDefault()
        takeFiles([...event.dataTransfer.files])
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && document.activeElement instanceof HTMLElement) {
          // The editor keeps Escape for itself; here it leads out of writing, with the text kept.
          event.preventDefault()
          event.stopPropagation()
          document.activeElement.blur()
          return
        }
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        void send(event.shiftKey)
      }}
      className={cx(
        'mx-4 mb-4 flex max-h-[52dvh] shrink-0 flex-col rounded-lg border max-two:mx-2 max-two:mb-2',
        'focus-within:shadow-[0_0_0_1px_currentColor]',
        mode === 'note'
          ? 'border-note bg-note-soft focus-within:text-note'
          : 'border-line-strong bg-bg focus-within:border-accent focus-within:text-accent',
      )}
    >
      <div className="flex min-h-0 flex-1 flex-col text-ink">
        <div
          role="radiogroup"
          aria-label={t('composer.modes')}
          className="flex shrink-0 items-center gap-1 px-2 pt-1.5 pb-1"
        >
          <Tab mode="reply" on={mode === 'reply'} id={id}>
            {t('composer.reply')}
          </Tab>
          <Tab mode="note" on={mode === 'note'} id={id}>
            {t('composer.note')}
          </Tab>
          {mode === 'note' && (
            <span className="flex min-w-0 items-center gap-1.5 ps-2 text-meta font-medium text-note">
              <Lock size={13} aria-hidden className="shrink-0" />
              <span className="truncate">{t('composer.noteBanner')}</span>
            </span>
          )}
        </div>
        {mode === 'reply' && <To id={id} draft={draft} customer={customer} />}
        {inTheWay.length > 0 && (
          <div className="px-3 pt-2">
            <Trouble
              title={inTheWay[0]?.sentence ?? ''}
              text={t('composer.newerText')}
              retry={{ label: t('composer.sendNow'), run: () => void send(false) }}
            />
          </div>
        )}
        <Suspense fallback={<div className="min-h-[120px]" />}>
          <Field
            key={`${id}:${mode}`}
            text={draft.text}
            html={draft.html}
            label={mode === 'note' ? t('composer.noteLabel') : t('composer.replyLabel', { name })}
            placeholder={mode === 'note' ? t('composer.notePlaceholder') : t('composer.replyTo', { name })}
            focus={focus}
            onChange={(text, html) => change(id, mode, { text, html })}
            onFiles={takeFiles}
            onPicture={uploads.picture}
          >
            {mode === 'reply' && <AttachButton onFiles={takeFiles} />}
            {mode === 'reply' && (
              <Button tone="quiet" onClick={() => prefer({ plain: !plain })}>
                {t(plain ? 'composer.rich' : 'composer.plain')}
              </Button>
            )}
          </Field>
        </Suspense>
        <Files
          files={draft.files}
          waiting={uploads.waiting}
          onRemove={(file) => change(id, mode, { files: draft.files.filter((other) => other !== file) })}
        />
        <SendRow
          mode={mode}
          name={name}
          busy={busy}
          able={able}
          onSend={(close) => void send(close)}
          left={mode === 'reply' && <Saved />}
        />
      </div>
    </div>
  )
}

function ClosedComposer({ id, name }: { id: number; name: string }) {
  return (
    <div className="mx-4 mb-4 flex shrink-0 gap-2 max-two:mx-2 max-two:mb-2">
      <button
        type="button"
        aria-keyshortcuts="R"
        onClick={() => startWriting(id, 'reply')}
        className="flex h-11 min-w-0 flex-1 items-center gap-2 rounded-lg border border-line-strong px-3 text-start text-ink-2 hover:border-accent hover:text-ink"
      >
        <CornerUpLeft size={16} aria-hidden className="shrink-0" />
        <bdi className="truncate">{t('composer.replyTo', { name })}</bdi>
      </button>
      <Button
        icon={NotebookPen}
        keys="m"
        className="h-11 rounded-lg border-note-line bg-note-soft px-3 text-note hover:border-note"
        onClick={() => startWriting(id, 'note')}
      >
        {t('composer.note')}
      </Button>
    </div>
  )
}
