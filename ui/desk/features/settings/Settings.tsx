import { cx } from '@kit'
import { AtSign, Clock, Inbox, KeyRound, type LucideIcon, UserRound, Users } from 'lucide-react'
import { type ComponentType, lazy, Suspense } from 'react'
import { Link } from 'wouter'
import { Page } from '../../app/Page'
import { useCell } from '../../store/cell'
import { me, people } from '../../store/world'
import { type Key, t } from '../../text/t'

const Access = lazy(() => import('./Access').then((part) => ({ default: part.Access })))
const Account = lazy(() => import('./Account').then((part) => ({ default: part.Account })))
const Desks = lazy(() => import('./Desks').then((part) => ({ default: part.Desks })))
const Hours = lazy(() => import('./Hours').then((part) => ({ default: part.Hours })))
const Mailboxes = lazy(() => import('./Mailboxes').then((part) => ({ default: part.Mailboxes })))
const People = lazy(() => import('./People').then((part) => ({ default: part.People })))

type Part = { id: string; label: Key; icon: LucideIcon; screen: ComponentType; house?: boolean }

const you: Part = { id: 'me', label: 'settings.me', icon: UserRound, screen: Account }

const parts: Part[] = [
  you,
  { id: 'access', label: 'settings.access', icon: KeyRound, screen: Access },
  { id: 'desks', label: 'settings.desks', icon: AtSign, screen: Desks, house: true },
  { id: 'mailboxes', label: 'settings.mailboxes', icon: Inbox, screen: Mailboxes, house: true },
  { id: 'hours', label: 'settings.hours', icon: Clock, screen: Hours, house: true },
  { id: 'people', label: 'settings.people', icon: Users, screen: People, house: true },
]

function Links({ list, current }: { list: Part[]; current: string }) {
  return list.map((part) => (
    <Link
      key={part.id}
      href={`/settings/${part.id}`}
      aria-current={part.id === current ? 'page' : undefined}
      className={cx(
        'flex h-8 touch-target shrink-0 items-center gap-2 rounded-md px-2.5 text-dense whitespace-nowrap',
        part.id === current ? 'bg-sunken font-medium text-ink' : 'text-ink-2 hover:bg-subtle hover:text-ink',
      )}
    >
      <part.icon size={15} aria-hidden />
      {t(part.label)}
    </Link>
  ))
}

/** Who may change this, for somebody who may not. */
function Forbidden({ part }: { part: Part }) {
  const helpers = useCell(people).filter((person) => person.role !== 'agent' && person.state === 'active')
  return (
    <Page title={t(part.label)}>
      <p className="rounded-lg bg-subtle px-4 py-3 text-ink-2">
        {t('settings.forbidden', { names: helpers.map((person) => person.name).join(', ') })}
      </p>
    </Page>
  )
}

export default function Settings({ part: id }: { part: string; id: string | null }) {
  const role = useCell(me)?.role
  const part = parts.find((one) => one.id === id) ?? you
  return (
    <div className="flex min-w-0 flex-1 max-two:flex-col">
      <nav
        aria-label={t('settings.title')}
        className="flex w-52 shrink-0 flex-col gap-px overflow-x-auto border-e border-line p-3 max-two:w-full max-two:flex-row max-two:border-e-0 max-two:border-b"
      >
        <h2 className="px-2.5 pt-1 pb-1 text-label font-medium tracking-[0.04em] text-ink-2 uppercase max-two:hidden">
          {t('settings.yours')}
        </h2>
        <Links list={parts.filter((one) => !one.house)} current={part.id} />
        <h2 className="px-2.5 pt-4 pb-1 text-label font-medium tracking-[0.04em] text-ink-2 uppercase max-two:hidden">
          {t('settings.house')}
        </h2>
        <Links list={parts.filter((one) => one.house)} current={part.id} />
      </nav>
      {part.house && role === 'agent' ? (
        <Forbidden part={part} />
      ) : (
        <Suspense fallback={<div className="flex-1" />}>
          <part.screen key={part.id} />
        </Suspense>
      )}
    </div>
  )
}
