import { Avatar, Chip, IconButton } from '@kit'
import { ArrowUpRight, MailX, Pencil } from 'lucide-react'
import { type ComponentProps, lazy, type ReactNode, Suspense } from 'react'
import { Link } from 'wouter'
import type { Conversation, CustomerPage } from '../../api/types'
import { useCell } from '../../store/cell'
import { now } from '../../store/world'
import { locale, t } from '../../text/t'
import { ago, dateOnly, fully } from '../../text/time'
import { RowChip } from '../inbox/RowChip'
import { PromiseLine } from './PromiseLine'
import { theirTime } from './useCustomer'

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([locale()], { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}

const EditCustomer = lazy(() => import('./EditCustomer'))

/** The form to put right what we know; most days nobody opens it. */
export function Editing(props: ComponentProps<typeof EditCustomer>) {
  return (
    <Suspense>
      <EditCustomer {...props} />
    </Suspense>
  )
}

export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1 text-label font-medium tracking-[0.04em] text-ink-2 uppercase">{title}</h3>
      {children}
    </section>
  )
}

/** Who they are, at a glance: name, place and time of day, language. */
export function Person({ page, onEdit, link }: { page: CustomerPage; onEdit: () => void; link?: boolean }) {
  const { customer, organisation } = page
  const present = useCell(now)
  const clock = theirTime(customer.zone, present, locale())
  const name = customer.name || customer.address
  const line = [
    organisation?.name,
    clock && t('customer.localTime', { clock }),
    customer.language && languageName(customer.language),
  ].filter(Boolean)
  return (
    <div className="flex items-start gap-3">
      <Avatar name={name} size="lg" />
      <div className="min-w-0 flex-1">
        <h2 className="text-body font-semibold break-words" dir="auto">
          {link ? (
            <Link href={`/customers/${customer.id}`} className="hover:underline">
              {name}
              <ArrowUpRight size={13} aria-hidden className="ms-1 inline text-ink-2 rtl:-scale-x-100" />
            </Link>
          ) : (
            name
          )}
        </h2>
        {line.length > 0 && <p className="text-dense text-ink-2">{line.join(' · ')}</p>}
        <p className="text-meta text-ink-2">{t('customer.since', { date: dateOnly(customer.created_at) })}</p>
      </div>
      <IconButton icon={Pencil} label={t('customer.edit')} size={14} onClick={onEdit} />
    </div>
  )
}

export function Addresses({ page }: { page: CustomerPage }) {
  return (
    <Part title={t('customer.addresses')}>
      <ul className="flex flex-col gap-0.5">
        {page.handles.map((handle) => (
          <li key={handle.id} className="flex flex-wrap items-center gap-2">
            <bdi className="min-w-0 break-all">{handle.address}</bdi>
            {handle.bouncing_since && (
              <Chip tone="broken" icon={MailX}>
                {t('customer.bouncing')}
              </Chip>
            )}
          </li>
        ))}
      </ul>
    </Part>
  )
}

const pressing = ['missed', 'active', 'disputed', 'proposed', 'conditional']
const shownPromises = 6

/** What we promised: what is open first, then the latest of what was settled. */
export function Promises({ page }: { page: CustomerPage }) {
  const rank = (state: string) => (pressing.includes(state) ? pressing.indexOf(state) : pressing.length)
  const list = [...page.promises].sort(
    (a, b) => rank(a.state) - rank(b.state) || Date.parse(b.made_at) - Date.parse(a.made_at),
  )
  const name = page.customer.name.split(' ')[0] || page.customer.address
  return (
    <Part title={t('customer.promises', { name })}>
      {list.length ? (
        <ul>
          {list.slice(0, shownPromises).map((promise) => (
            <PromiseLine
              key={promise.id}
              promise={promise}
              subject={page.conversations.find((c) => c.id === promise.conversation_id)?.subject}
            />
          ))}
        </ul>
      ) : (
        <p className="text-ink-2">{t('customer.noPromises')}</p>
      )}
    </Part>
  )
}

/** Everything they ever wrote about, newest first. */
export function Conversations({
  list,
  current,
  onOpen,
}: {
  list: Conversation[]
  current?: number
  onOpen: (c: Conversation) => void
}) {
  const present = useCell(now)
  const others = list.filter((c) => c.id !== current)
  return (
    <Part title={t('customer.timeline')}>
      {others.length ? (
        <ul className="-mx-2 flex flex-col">
          {others.map((c) => (
            <li key={c.id}>
              <button
                type="button"
                onClick={() => onOpen(c)}
                className="w-full rounded-md px-2 py-1.5 text-start hover:bg-sunken"
              >
                <span className="flex items-center gap-2">
                  <bdi className="min-w-0 flex-1 truncate font-medium">{c.subject || t('row.noSubject')}</bdi>
                  <time
                    dateTime={c.last_activity_at}
                    title={fully(c.last_activity_at)}
                    className="shrink-0 text-meta text-ink-2"
                  >
                    {ago(c.last_activity_at, present)}
                  </time>
                </span>
                <span className="mt-0.5 flex items-center gap-2">
                  <bdi className="min-w-0 flex-1 truncate text-meta text-ink-2">{c.preview}</bdi>
                  <RowChip conversation={c} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-ink-2">{t('customer.noOther')}</p>
      )}
    </Part>
  )
}
