import { cx, Empty, Skeleton, Trouble } from '@kit'
import { MailOpen } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import { api } from '../../api/client'
import type { Sent } from '../../api/types'
import { pathOf } from '../../app/go'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { onChange } from '../../store/stream'
import { now } from '../../store/world'
import { t } from '../../text/t'
import { ago } from '../../text/time'

const recipient = (sent: Sent) => sent.to.map((one) => one.name || one.address).join(', ')

function useOutbox() {
  const box = useResource('outbox', async () =>
    (await api.get('/outbox', { limit: 100 })).items.filter((sent) => sent.state !== 'undone'),
  )
  const { again } = box
  useEffect(() => onChange((change) => change.kind === 'message.sent' && void again()), [again])
  return box
}

function Copy({ sent }: { sent: Sent }) {
  const raw = useResource(sent.raw_url, async () => {
    const response = await fetch(sent.raw_url ?? '')
    if (!response.ok) throw new Error(t('quarantine.failed'))
    return response.text()
  })
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-3 px-6 py-6 max-two:px-4">
      <h2 className="text-page font-semibold" dir="auto">
        {sent.subject}
      </h2>
      <p className="text-dense text-ink-2">
        <bdi>{t('outbox.to', { name: recipient(sent) })}</bdi> ·{' '}
        <Link href={pathOf('all', sent.conversation_id)} className="text-accent underline underline-offset-2">
          {t('outbox.open')}
        </Link>
      </p>
      <h3 className="text-body font-semibold">{t(sent.raw_url ? 'outbox.raw' : 'outbox.notYet')}</h3>
      {raw.error && <Trouble title={raw.error} retry={{ label: t('action.retry'), run: () => void raw.again() }} />}
      <pre
        hidden={!sent.raw_url}
        tabIndex={0}
        dir="ltr"
        className="max-h-[70dvh] overflow-auto rounded-lg border border-line bg-subtle p-3 font-mono text-meta whitespace-pre-wrap [overflow-wrap:anywhere]"
      >
        {raw.data ?? ''}
      </pre>
    </div>
  )
}

/** What a customer of the demo would have received, as the real message. */
export default function Outbox() {
  const box = useOutbox()
  const present = useCell(now)
  const [chosen, setChosen] = useState<number | null>(null)
  const sent = box.data?.find((item) => item.message_id === chosen)
  return (
    <>
      <section
        className={cx(
          'flex w-[340px] shrink-0 flex-col border-e border-line max-three:w-[300px] max-two:w-full',
          sent && 'max-two:hidden',
        )}
      >
        <header className="border-b border-line px-4 py-3">
          <h1 className="text-title font-semibold">{t('outbox.title')}</h1>
          <p className="text-dense text-ink-2">{t('outbox.lead')}</p>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto">
          {box.error && (
            <div className="p-3">
              <Trouble title={box.error} retry={{ label: t('action.retry'), run: () => void box.again() }} />
            </div>
          )}
          {!box.data && !box.error && <Skeleton lines={8} className="p-4" />}
          {box.data?.map((item) => (
            <button
              key={item.message_id}
              type="button"
              aria-current={item.message_id === chosen ? 'true' : undefined}
              onClick={() => setChosen(item.message_id)}
              className={cx(
                'flex w-full flex-col border-b border-line px-4 py-2 text-start',
                item.message_id === chosen ? 'bg-accent-soft' : 'hover:bg-subtle',
              )}
            >
              <span className="flex w-full items-center gap-2">
                <bdi className="min-w-0 flex-1 truncate font-medium">{recipient(item)}</bdi>
                <time dateTime={item.at} className="text-meta text-ink-2">
                  {ago(item.at, present)}
                </time>
              </span>
              <bdi className="max-w-full truncate text-dense">{item.subject}</bdi>
            </button>
          ))}
          {box.data?.length === 0 && <Empty icon={MailOpen} title={t('outbox.empty')} text={t('outbox.emptyText')} />}
        </div>
      </section>
      <main className={cx('min-w-0 flex-1 overflow-y-auto', !sent && 'max-two:hidden')}>
        {sent ? <Copy sent={sent} key={sent.message_id} /> : <Empty icon={MailOpen} title={t('outbox.choose')} />}
      </main>
    </>
  )
}
