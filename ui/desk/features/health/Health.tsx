import { Button, Chip, type ChipTone, cx } from '@kit'
import {
  CircleCheck,
  CirclePause,
  CircleX,
  GitCompareArrows,
  Inbox,
  type LucideIcon,
  MailWarning,
  Plus,
  Send,
  TriangleAlert,
  Waypoints,
} from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'wouter'
import { api, sentence } from '../../api/client'
import type { MailboxHealth, MailHealth } from '../../api/types'
import { Card, Loaded, Page } from '../../app/Page'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { onChange } from '../../store/stream'
import { trouble } from '../../store/toasts'
import { me, now } from '../../store/world'
import { type Key, t } from '../../text/t'
import { moment, span } from '../../text/time'

const states: Record<string, [ChipTone, LucideIcon]> = {
  on: ['kept', CircleCheck],
  new: ['due', CirclePause],
  degraded: ['broken', CircleX],
  off: ['calm', CirclePause],
}

function Line({
  icon: Glyph,
  tone,
  title,
  text,
  end,
}: {
  icon: LucideIcon
  tone?: 'bad' | 'good'
  title: ReactNode
  text?: ReactNode
  end?: ReactNode
}) {
  return (
    <div className="flex items-center gap-3 px-4 py-3">
      <Glyph
        size={18}
        aria-hidden
        className={cx('shrink-0', tone === 'bad' ? 'text-broken' : tone === 'good' ? 'text-kept' : 'text-ink-2')}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{title}</p>
        {text && <p className="text-dense break-words text-ink-2">{text}</p>}
      </div>
      {end}
    </div>
  )
}

function Alarms({ health }: { health: MailHealth }) {
  const present = useCell(now)
  if (!health.alarms.length) {
    return (
      <div className="flex items-center gap-3 rounded-lg bg-kept-soft px-4 py-3 font-medium text-kept">
        <CircleCheck size={18} aria-hidden />
        {t('health.allWell')}
      </div>
    )
  }
  return (
    <section role="alert" className="overflow-hidden rounded-lg bg-broken-soft">
      <h2 className="px-4 pt-3 font-semibold text-broken">{t('health.alarms', { count: health.alarms.length })}</h2>
      {health.alarms.map((alarm) => (
        <Line
          key={alarm.id}
          icon={TriangleAlert}
          tone="bad"
          title={<bdi>{alarm.text}</bdi>}
          text={t('health.since', { when: moment(alarm.raised_at, present) })}
        />
      ))}
    </section>
  )
}

function Mailbox({ box }: { box: MailboxHealth }) {
  const present = useCell(now)
  const [tone, icon] = states[box.state] ?? (['calm', CirclePause] as [ChipTone, LucideIcon])
  const fetched = box.last_fetched_at
    ? t('health.fetched', { when: moment(box.last_fetched_at, present) })
    : t('health.never')
  const facts = [fetched, t('health.today', { count: box.stored_today })]
  if (box.lag_seconds > 60) facts.push(t('health.lag', { span: span(box.lag_seconds * 1000) }))
  return (
    <Line
      icon={Inbox}
      title={<bdi>{box.address}</bdi>}
      text={
        <>
          {box.desk_name} · {box.host} · {facts.join(' · ')}
          {box.last_error && <span className="block text-broken">{box.last_error}</span>}
        </>
      }
      end={
        <Chip tone={tone} icon={icon}>
          {t(`health.state.${box.state}` as Key)}
        </Chip>
      }
    />
  )
}

function Mailboxes({ health }: { health: MailHealth }) {
  const mayConnect = useCell(me)?.role !== 'agent'
  const connect = mayConnect && (
    <Link
      href="/settings/mailboxes"
      className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line px-2.5 text-dense hover:bg-subtle"
    >
      <Plus size={14} aria-hidden />
      {t('health.connect')}
    </Link>
  )
  return (
    <Card title={t('health.mailboxes')} action={connect}>
      {health.mailboxes.map((box) => (
        <Mailbox key={`${box.id}/${box.folder}`} box={box} />
      ))}
      {!health.mailboxes.length && (
        <Line icon={Inbox} title={t('health.noMailboxes')} text={t('health.noMailboxesText')} />
      )}
    </Card>
  )
}

function InAndOut({ health }: { health: MailHealth }) {
  const present = useCell(now)
  const { smtp, outgoing } = health
  const last = smtp.last_received_at
    ? t('health.lastReceived', { when: moment(smtp.last_received_at, present) })
    : t('health.nothingYet')
  const waiting = outgoing.oldest_seconds > 0 ? t('health.oldest', { span: span(outgoing.oldest_seconds * 1000) }) : ''
  return (
    <Card>
      <Line
        icon={Waypoints}
        title={t('health.smtp')}
        text={`${smtp.listening ? t('health.listening', { address: smtp.address }) : t('health.notListening')} · ${t('health.today', { count: smtp.received_today })} · ${last}`}
      />
      <Line
        icon={Send}
        {...(outgoing.failed ? { tone: 'bad' as const } : {})}
        title={t('health.outgoing')}
        text={[
          t('health.queued', { count: outgoing.queued }),
          outgoing.failed ? t('health.failed', { count: outgoing.failed }) : t('health.noneFailed'),
          waiting,
        ]
          .filter(Boolean)
          .join(' · ')}
      />
    </Card>
  )
}

function Reconciliation({ health, again }: { health: MailHealth; again: () => void }) {
  const present = useCell(now)
  const { reconciliation } = health
  const gaps = reconciliation?.gaps ?? []
  const run = () => api.post('/mail-health/reconciliation').then(again, (error) => trouble(sentence(error)))
  return (
    <Card>
      <Line
        icon={GitCompareArrows}
        {...(gaps.length ? { tone: 'bad' as const } : {})}
        title={t('health.reconcile')}
        text={
          !reconciliation?.at
            ? t('health.reconcileNever')
            : `${t('health.reconcileAt', { when: moment(reconciliation.at, present) })}. ${gaps.length ? t('health.gaps', { count: gaps.length }) : t('health.reconcileOk')}`
        }
        end={health.mailboxes.length > 0 && <Button onClick={() => void run()}>{t('health.reconcileNow')}</Button>}
      />
      <Line
        icon={MailWarning}
        {...(health.quarantined ? { tone: 'bad' as const } : {})}
        title={t('health.setAside')}
        text={health.quarantined ? t('health.quarantined', { count: health.quarantined }) : t('health.nothingSetAside')}
        end={
          <Link href="/quarantine" className="text-dense text-accent underline underline-offset-2">
            {t('health.look')}
          </Link>
        }
      />
    </Card>
  )
}

/** Whether mail comes in and goes out: the bad news first, in words, with what to do. */
export default function Health() {
  const health = useResource('mail-health', () => api.get('/mail-health'))
  const { again } = health
  useEffect(() => onChange((change) => /^(alarm|intake|mailbox|message)\./.test(change.kind) && void again()), [again])
  useEffect(() => {
    const timer = setInterval(() => void again(), 30_000)
    return () => clearInterval(timer)
  }, [again])
  return (
    <Page title={t('health.title')} lead={t('health.lead')}>
      <Loaded from={health}>
        {(data) => (
          <>
            <Alarms health={data} />
            <Mailboxes health={data} />
            <InAndOut health={data} />
            <Reconciliation health={data} again={() => void again()} />
          </>
        )}
      </Loaded>
    </Page>
  )
}
