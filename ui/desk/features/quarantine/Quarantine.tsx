import { Button, Chip, cx, Dialog, Empty, IconButton, Skeleton, TextField, Trouble } from '@kit'
import { ArrowLeft, CircleCheck, Download, MailQuestion, RotateCcw, Trash2 } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Link } from 'wouter'
import { api, sentence, url } from '../../api/client'
import type { Arrival } from '../../api/types'
import { go } from '../../app/go'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { onChange } from '../../store/stream'
import { toast, trouble } from '../../store/toasts'
import { now } from '../../store/world'
import { type Key, t } from '../../text/t'
import { ago, bytes, fully } from '../../text/time'

type State = 'quarantined' | 'set_aside'
const states: State[] = ['quarantined', 'set_aside']
const shownBytes = 200_000

function useEntries(state: State) {
  const list = useResource(`intake/${state}`, () => api.get('/intake', { state, limit: 100 }))
  const { again } = list
  useEffect(() => onChange((change) => change.kind.startsWith('intake.') && void again()), [again])
  return list
}

function Row({ entry, on }: { entry: Arrival; on: boolean }) {
  const present = useCell(now)
  return (
    <Link
      href={`/quarantine/${entry.id}`}
      aria-current={on ? 'page' : undefined}
      className={cx('flex flex-col border-b border-line px-4 py-2', on ? 'bg-accent-soft' : 'hover:bg-subtle')}
    >
      <span className="flex items-center gap-2">
        <bdi className="min-w-0 flex-1 truncate font-medium">{entry.from || t('quarantine.unknownSender')}</bdi>
        <time dateTime={entry.received_at} className="text-meta text-ink-2">
          {ago(entry.received_at, present)}
        </time>
      </span>
      <bdi className="truncate text-dense">{entry.subject || t('row.noSubject')}</bdi>
      <bdi className="truncate text-meta text-ink-2">{entry.reason}</bdi>
    </Link>
  )
}

function List({ id, state, onState }: { id: number | null; state: State; onState: (state: State) => void }) {
  const list = useEntries(state)
  return (
    <section
      className={cx(
        'flex w-[340px] shrink-0 flex-col border-e border-line max-three:w-[300px] max-two:w-full',
        id !== null && 'max-two:hidden',
      )}
    >
      <header className="flex h-14 shrink-0 items-center border-b border-line px-4">
        <h1 className="text-title font-semibold">{t('quarantine.title')}</h1>
      </header>
      <div role="tablist" aria-label={t('quarantine.title')} className="flex shrink-0 gap-1 border-b border-line p-1.5">
        {states.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={one === state}
            onClick={() => onState(one)}
            className={cx(
              'touch-target h-7 flex-1 rounded-md text-dense',
              one === state ? 'bg-sunken font-medium' : 'text-ink-2 hover:bg-subtle',
            )}
          >
            {t(`quarantine.tab.${one}`)}
          </button>
        ))}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {list.error && (
          <div className="p-3">
            <Trouble
              title={t('quarantine.failed')}
              text={list.error}
              retry={{ label: t('action.retry'), run: () => void list.again() }}
            />
          </div>
        )}
        {!list.data && !list.error && <Skeleton lines={8} className="p-4" />}
        {list.data?.items.map((entry) => (
          <Row key={entry.id} entry={entry} on={entry.id === id} />
        ))}
        {list.data?.items.length === 0 && (
          <Empty icon={CircleCheck} title={t(`quarantine.empty.${state}`)} text={t(`quarantine.emptyText.${state}`)} />
        )}
      </div>
    </section>
  )
}

/** The source as it came, as text: nothing in it is interpreted. */
function Source({ id, size }: { id: number; size: number }) {
  const raw = useResource(`intake/${id}/raw`, async () => {
    const response = await fetch(url(`/intake/${id}/raw`), { headers: { Range: `bytes=0-${shownBytes - 1}` } })
    if (!response.ok) throw new Error(t('quarantine.failed'))
    return (await response.text()).slice(0, shownBytes)
  })
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-body font-semibold">{t('quarantine.raw')}</h3>
      {size > shownBytes && <p className="text-meta text-ink-2">{t('quarantine.rawTruncated')}</p>}
      {raw.error && <Trouble title={raw.error} retry={{ label: t('action.retry'), run: () => void raw.again() }} />}
      <pre
        tabIndex={0}
        dir="ltr"
        className="max-h-[60dvh] overflow-auto rounded-lg border border-line bg-subtle p-3 font-mono text-meta whitespace-pre-wrap [overflow-wrap:anywhere]"
      >
        {raw.data ?? ''}
      </pre>
    </section>
  )
}

function Dismiss({ entry, onClose }: { entry: Arrival; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const dismiss = () =>
    api.put(`/intake/${entry.id}/dismissed`, { reason }).then(
      () => {
        toast(t('quarantine.dismissed'))
        go('/quarantine')
      },
      (error) => trouble(sentence(error)),
    )
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('quarantine.dismissTitle')}
      lead={t('quarantine.dismissLead')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" disabled={!reason.trim()} onClick={() => void dismiss()}>
            {t('quarantine.dismiss')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('quarantine.reason')}
        value={reason}
        maxLength={200}
        onChange={(event) => setReason(event.target.value)}
      />
    </Dialog>
  )
}

function Facts({ entry }: { entry: Arrival }) {
  const lines: [Key, ReactNode][] = [
    ['quarantine.from', <bdi key="from">{entry.from || t('quarantine.unknownSender')}</bdi>],
    ['quarantine.to', <bdi key="to">{entry.to}</bdi>],
    ['quarantine.received', fully(entry.received_at)],
    ['quarantine.source', `${entry.source.toUpperCase()}${entry.desk_name ? ` · ${entry.desk_name}` : ''}`],
    ['quarantine.size', bytes(entry.size)],
  ]
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-dense">
      {lines.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-ink-2">{t(label)}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function One({ id }: { id: number }) {
  const found = useResource(`intake/one/${id}`, () => api.get(`/intake/${id}`))
  const [dismissing, setDismissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const entry = found.data
  const retry = async () => {
    setBusy(true)
    try {
      await api.post(`/intake/${id}/retry`)
      toast(t('quarantine.retried'))
    } catch (error) {
      trouble(sentence(error))
    }
    await found.again()
    setBusy(false)
  }
  if (found.error) return <Empty icon={MailQuestion} title={t('quarantine.failed')} text={found.error} />
  if (!entry) return <Skeleton lines={8} className="max-w-lg p-8" />
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-5 px-6 py-6 max-two:px-4">
      <IconButton
        icon={ArrowLeft}
        label={t('action.back')}
        className="self-start two:hidden rtl:[&_svg]:-scale-x-100"
        onClick={() => go('/quarantine')}
      />
      <div>
        <h2 className="text-page font-semibold break-words" dir="auto">
          {entry.subject || t('row.noSubject')}
        </h2>
        <div className="mt-2 flex flex-wrap gap-2">
          <Button tone="primary" icon={RotateCcw} busy={busy} onClick={() => void retry()}>
            {t('quarantine.retry')}
          </Button>
          <a
            href={url(`/intake/${id}/raw`)}
            download={`mail-${id}.eml`}
            className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line px-2.5 text-dense hover:bg-subtle"
          >
            <Download size={14} aria-hidden />
            {t('quarantine.download')}
          </a>
          <Button icon={Trash2} onClick={() => setDismissing(true)}>
            {t('quarantine.dismiss')}
          </Button>
        </div>
      </div>
      <div className="rounded-lg bg-risk-soft px-4 py-3">
        <p className="text-meta font-medium text-risk">{t('quarantine.why')}</p>
        <p className="break-words">{entry.reason}</p>
        {entry.attempts > 0 && (
          <p className="mt-1">
            <Chip tone="calm">{t('quarantine.attempts', { count: entry.attempts })}</Chip>
          </p>
        )}
      </div>
      <Facts entry={entry} />
      <Source id={id} size={entry.size} />
      {dismissing && <Dismiss entry={entry} onClose={() => setDismissing(false)} />}
    </div>
  )
}

/** Mail that did not become a conversation, with its source, why, and another try. */
export default function Quarantine({ id }: { id: number | null }) {
  const [state, setState] = useState<State>('quarantined')
  return (
    <>
      <List id={id} state={state} onState={setState} />
      <main className={cx('min-w-0 flex-1 overflow-y-auto', id === null && 'max-two:hidden')}>
        {id === null ? (
          <Empty icon={MailQuestion} title={t('quarantine.choose')} text={t('quarantine.lead')} />
        ) : (
          <One id={id} key={id} />
        )}
      </main>
    </>
  )
}
