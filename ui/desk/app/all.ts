// Every intent of the desk, in the order in which the palette and the help page show them.
import { ArrowRight, CircleHelp, Command, Contrast, PanelRight, PenLine, Rows3, Search } from 'lucide-react'
import type { Action } from '../actions/action'
import { conversationActions } from '../features/conversation/actions'
import { nextCustomer } from '../features/inbox/nextCustomer'
import { toggleCustomer } from './customerPanel'
import { ask } from './dialogs'
import { go, goToView } from './go'
import { screens, views } from './places'
import { prefer, preferences, type Theme } from './preferences'

const themes: Theme[] = ['system', 'light', 'dark']

const desk: Action[] = [
  {
    id: 'next-customer',
    label: 'do.nextCustomer',
    section: 'list',
    keys: 'n',
    icon: ArrowRight,
    perform: () => void nextCustomer(),
  },
  {
    id: 'palette',
    label: 'do.palette',
    section: 'desk',
    keys: 'mod+k',
    icon: Command,
    perform: () => ask({ kind: 'palette' }),
  },
  {
    id: 'search',
    label: 'do.search',
    section: 'desk',
    keys: '/',
    icon: Search,
    perform: () => ask({ kind: 'palette' }),
  },
  {
    id: 'compose',
    label: 'do.compose',
    section: 'desk',
    keys: 'c',
    icon: PenLine,
    perform: () => ask({ kind: 'compose' }),
  },
  {
    id: 'customer-panel',
    label: 'do.customer',
    section: 'desk',
    keys: 'mod+\\',
    icon: PanelRight,
    when: (at) => at.screen === 'inbox',
    perform: toggleCustomer,
  },
  {
    id: 'compact',
    label: 'do.compact',
    section: 'desk',
    icon: Rows3,
    perform: () => prefer({ compact: !preferences.get().compact }),
  },
  {
    id: 'theme',
    label: 'do.theme',
    section: 'desk',
    icon: Contrast,
    perform: () => prefer({ theme: themes[(themes.indexOf(preferences.get().theme) + 1) % 3] ?? 'system' }),
  },
  { id: 'help', label: 'do.help', section: 'desk', keys: '?', icon: CircleHelp, perform: () => ask({ kind: 'keys' }) },
]

const goes: Action[] = [
  ...views.map(
    (place): Action => ({
      id: `go-${place.view}`,
      label: place.label,
      section: 'go',
      icon: place.icon,
      ...(place.keys ? { keys: place.keys } : {}),
      perform: () => goToView(place.view),
    }),
  ),
  ...screens.map(
    (place): Action => ({
      id: `go-${place.path.slice(1)}`,
      label: place.label,
      section: 'go',
      icon: place.icon,
      ...(place.keys ? { keys: place.keys } : {}),
      perform: () => go(place.path),
    }),
  ),
]

export const allActions: Action[] = [...conversationActions, ...desk, ...goes]
