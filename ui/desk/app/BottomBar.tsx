import { cx } from '@kit'
import { ArrowRight, Clock, Inbox, type LucideIcon, Search, UserRound } from 'lucide-react'
import { useLocation } from 'wouter'
import { nextCustomer } from '../features/inbox/nextCustomer'
import { useCell } from '../store/cell'
import { counts, selected } from '../store/world'
import { t } from '../text/t'
import { ask } from './dialogs'
import { go, goToView } from './go'

type Tab = { label: string; icon: LucideIcon; on: boolean; count?: number; run: () => void }

/** The phone's bar: Mine, Due, Next, Search, Me. It gives way while a conversation is open, whose composer stands there. */
export function BottomBar() {
  const [path] = useLocation()
  const numbers = useCell(counts)
  const reading = useCell(selected)
  if (reading !== null && path.startsWith('/inbox')) return null
  const tabs: Tab[] = [
    {
      label: t('nav.mineShort'),
      icon: Inbox,
      on: path.startsWith('/inbox/mine'),
      count: numbers.mine ?? 0,
      run: () => goToView('mine'),
    },
    {
      label: t('nav.dueShort'),
      icon: Clock,
      on: path.startsWith('/inbox/due'),
      count: numbers.due ?? 0,
      run: () => goToView('due'),
    },
    { label: t('nav.next'), icon: ArrowRight, on: false, run: () => void nextCustomer() },
    { label: t('nav.search'), icon: Search, on: false, run: () => ask({ kind: 'palette' }) },
    { label: t('nav.me'), icon: UserRound, on: path.startsWith('/settings'), run: () => go('/settings') },
  ]
  return (
    <nav
      aria-label={t('nav.label')}
      className="flex shrink-0 border-t border-line bg-subtle pb-[env(safe-area-inset-bottom)] two:hidden"
    >
      {tabs.map((tab) => (
        <button
          key={tab.label}
          type="button"
          onClick={tab.run}
          aria-current={tab.on ? 'page' : undefined}
          className={cx(
            'relative flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 px-1',
            tab.on ? 'text-accent' : 'text-ink-2',
          )}
        >
          <tab.icon size={20} aria-hidden />
          <span className="w-full truncate text-label font-medium">{tab.label}</span>
          {Boolean(tab.count) && (
            <span className="tabular absolute start-1/2 top-1 ms-2 rounded-pill bg-accent px-1 text-[10px] leading-4 font-semibold text-on-accent">
              {tab.count}
            </span>
          )}
        </button>
      ))}
    </nav>
  )
}
