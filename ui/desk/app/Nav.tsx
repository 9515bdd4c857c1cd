import { Avatar, cx, type Icon, IconButton, Kbd, Menu, Tip } from '@kit'
import { AtSign, CircleHelp, LogOut, MailOpen, Monitor, Moon, PenLine, Search, Sun } from 'lucide-react'

import { Link, useLocation } from 'wouter'
import { useCell, usePart } from '../store/cell'
import { counts, desks, me, selected } from '../store/world'
import { t } from '../text/t'
import { ask } from './dialogs'
import { pathOf } from './go'
import { screens, views } from './places'
import { prefer } from './preferences'
import { signOut } from './session'

type ItemProps = {
  href: string
  label: string
  icon: Icon
  current: boolean
  count?: number
  alarm?: boolean
  onClick?: () => void
}

function Item({ href, label, icon: Glyph, current, count, alarm, onClick }: ItemProps) {
  const link = (
    <Link
      href={href}
      {...(onClick ? { onClick } : {})}
      aria-current={current ? 'page' : undefined}
      className={cx(
        'relative flex h-7 shrink-0 items-center gap-2 rounded-md px-2 text-dense max-three:size-10 max-three:justify-center',
        current
          ? 'bg-bg font-medium text-ink shadow-[0_0_0_1px_var(--color-line)]'
          : 'text-ink-2 hover:bg-sunken hover:text-ink',
      )}
    >
      <Glyph size={16} aria-hidden className="shrink-0" />
      <span className="min-w-0 flex-1 truncate max-three:sr-only" dir="auto">
        {label}
      </span>
      {alarm && (
        <span
          aria-hidden
          className="size-2 shrink-0 rounded-pill bg-broken max-three:absolute max-three:end-1.5 max-three:top-1.5"
        />
      )}
      {Boolean(count) && (
        <span className="tabular text-meta max-three:absolute max-three:-end-px max-three:-top-px max-three:min-w-4 max-three:rounded-pill max-three:bg-sunken max-three:px-1 max-three:text-center max-three:text-[10px] max-three:leading-4 max-three:font-medium">
          {count}
        </span>
      )}
    </Link>
  )
  return <NarrowTip text={label}>{link}</NarrowTip>
}

/** The words are beside the icon on a wide screen; only the narrow bar of icons needs the hint. */
function NarrowTip({ text, children }: { text: string; children: React.ReactElement }) {
  const narrow = window.matchMedia('(max-width: 1180px)').matches
  return narrow ? <Tip text={text}>{children}</Tip> : children
}

function Views({ path }: { path: string }) {
  const numbers = useCell(counts)
  return (
    <>
      {views
        .filter((place) => place.view !== 'muted' || numbers.muted)
        .map((place) => {
          const href = pathOf(place.view, null)
          const current = path === href || path.startsWith(`${href}/`)
          return (
            <Item
              key={place.view}
              href={href}
              label={t(place.label)}
              icon={place.icon}
              current={current}
              count={place.quiet ? 0 : (numbers[place.view] ?? 0)}
              onClick={() => selected.set(null)}
            />
          )
        })}
    </>
  )
}

function Desks({ path }: { path: string }) {
  const list = useCell(desks)
  if (list.length < 2) return null
  return (
    <>
      <h2 className="px-2 pt-3 pb-0.5 text-label font-medium tracking-[0.04em] text-ink-2 uppercase max-three:sr-only">
        {t('nav.desks')}
      </h2>
      {list.map((desk) => {
        const href = pathOf(`desk-${desk.id}`, null)
        return (
          <Item
            key={desk.id}
            href={href}
            label={desk.name}
            icon={AtSign}
            current={path === href || path.startsWith(`${href}/`)}
            onClick={() => selected.set(null)}
          />
        )
      })}
    </>
  )
}

function Account() {
  const person = useCell(me)
  if (!person) return null
  return (
    <Menu
      trigger={
        <button
          type="button"
          title={t('nav.account')}
          className="flex h-9 w-full items-center gap-2 rounded-md px-2 text-dense hover:bg-sunken max-three:size-10 max-three:justify-center max-three:px-0"
        >
          <Avatar name={person.name} />
          <span className="min-w-0 flex-1 truncate text-start max-three:sr-only" dir="auto">
            {person.name}
          </span>
        </button>
      }
      items={() => [
        { label: t('nav.theme.light'), icon: Sun, onSelect: () => prefer({ theme: 'light' }) },
        { label: t('nav.theme.dark'), icon: Moon, onSelect: () => prefer({ theme: 'dark' }) },
        { label: t('nav.theme.system'), icon: Monitor, onSelect: () => prefer({ theme: 'system' }) },
        { kind: 'line' },
        { label: t('nav.help'), icon: CircleHelp, keys: '?', onSelect: () => ask({ kind: 'keys' }) },
        { label: t('nav.signout'), icon: LogOut, onSelect: () => void signOut() },
      ]}
    />
  )
}

function Brand() {
  return (
    <div className="flex flex-col gap-1 pb-2 max-three:items-center">
      <div className="flex h-8 items-center gap-2 px-2 max-three:px-0">
        <img src="/icon.svg" alt="" width={20} height={20} />
        <span className="flex-1 text-body font-semibold tracking-[-0.01em] max-three:hidden">Kept</span>
        <IconButton
          icon={PenLine}
          label={t('nav.new')}
          keys="c"
          className="max-three:hidden"
          onClick={() => ask({ kind: 'compose' })}
        />
      </div>
      <button
        type="button"
        aria-keyshortcuts="Control+K"
        onClick={() => ask({ kind: 'palette' })}
        className="flex h-8 items-center gap-2 rounded-md border border-line bg-bg px-2 text-dense text-ink-2 hover:border-line-strong max-three:size-10 max-three:justify-center"
      >
        <Search size={15} aria-hidden />
        <span className="flex-1 text-start max-three:sr-only">{t('nav.search')}</span>
        <span className="max-three:hidden">
          <Kbd keys="mod+k" />
        </span>
      </button>
    </div>
  )
}

/** The side bar: who needs us, by view; the desks; and the desk's own rooms below. On a narrow screen, icons only. */
export function Nav() {
  const [path] = useLocation()
  const person = useCell(me)
  const troubled = usePart(counts, (numbers) => (numbers.alarms ?? 0) > 0)
  return (
    <nav
      aria-label={t('nav.label')}
      className="flex w-[216px] shrink-0 flex-col gap-px overflow-y-auto border-e border-line bg-subtle p-2 max-three:w-14 max-three:items-center max-two:hidden"
    >
      <Brand />
      <Views path={path} />
      <Desks path={path} />
      <div className="min-h-3 flex-1" />
      {screens.map((place) => (
        <Item
          key={place.path}
          href={place.path}
          label={t(place.label)}
          icon={place.icon}
          current={path.startsWith(place.path)}
          alarm={place.path === '/health' && troubled}
        />
      ))}
      {person?.demo && (
        <Item href="/outbox" label={t('nav.outbox')} icon={MailOpen} current={path.startsWith('/outbox')} />
      )}
      <div className="mt-1 border-t border-line pt-1">
        <Account />
      </div>
    </nav>
  )
}
