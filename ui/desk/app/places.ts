// Where one can go: the views of the inbox and the other screens, for the side bar, the phone's bar and the palette.
import type { Icon } from '@kit'
import {
  Archive,
  BellOff,
  CircleDashed,
  Clock,
  HeartPulse,
  Hourglass,
  Inbox,
  type LucideIcon,
  MailWarning,
  Moon,
  Settings,
  UserRound,
  Users,
} from 'lucide-react'
import type { Key } from '../text/t'

export type ViewPlace = { view: string; label: Key; icon: Icon; keys?: string; quiet?: boolean }

export const views: ViewPlace[] = [
  { view: 'mine', label: 'nav.mine', icon: Inbox, keys: 'g i' },
  { view: 'due', label: 'nav.due', icon: Clock, keys: 'g p' },
  { view: 'unassigned', label: 'nav.unassigned', icon: CircleDashed, keys: 'g n' },
  { view: 'team', label: 'nav.team', icon: Users, keys: 'g a' },
  { view: 'waiting', label: 'nav.waiting', icon: Hourglass, keys: 'g w' },
  { view: 'snoozed', label: 'nav.snoozed', icon: Moon, keys: 'g s' },
  { view: 'closed', label: 'nav.closed', icon: Archive, keys: 'g e', quiet: true },
  { view: 'muted', label: 'nav.muted', icon: BellOff, quiet: true },
]

export type ScreenPlace = { path: string; label: Key; icon: LucideIcon; keys?: string; lead?: boolean; demo?: boolean }

export const screens: ScreenPlace[] = [
  { path: '/customers', label: 'nav.customers', icon: UserRound, keys: 'g c' },
  { path: '/health', label: 'nav.health', icon: HeartPulse, keys: 'g h' },
  { path: '/quarantine', label: 'nav.quarantine', icon: MailWarning, keys: 'g q' },
  { path: '/settings', label: 'nav.settings', icon: Settings, keys: 'g x' },
]
