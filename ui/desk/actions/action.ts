// An intent of the desk is one object: what it is called, how it looks, which keys mean it, when it can be done, and doing
// it. Buttons, the palette, the keyboard and the help page all read the same list.
import type { Icon } from '@kit'
import type { Conversation, Me } from '../api/types'
import { cell } from '../store/cell'
import { conversations, me, selected } from '../store/world'
import type { Key } from '../text/t'

/** What an action may look at: who acts, on which screen, on which conversation. */
export type Scene = { me: Me | null; screen: string; conversation: Conversation | null }

export type Section = 'conversation' | 'list' | 'go' | 'desk'

export type Action = {
  id: string
  label: Key
  section: Section
  keys?: string
  icon: Icon
  when?: (scene: Scene) => boolean
  perform: (scene: Scene) => void
}

export const screen = cell<string>('inbox')

export function scene(): Scene {
  const id = selected.get()
  return { me: me.get(), screen: screen.get(), conversation: (id !== null && conversations.get(id)) || null }
}

/** A person's own shortcuts over the given ones: "" switches an action's key off. `single` false keeps only chords with Ctrl or Alt. */
export type Keymap = { single: boolean; own: Record<string, string> }

const kept = 'kept.keys'

function read(): Keymap {
  try {
    const stored = JSON.parse(localStorage.getItem(kept) ?? 'null') as Partial<Keymap> | null
    return { single: stored?.single ?? true, own: stored?.own ?? {} }
  } catch {
    return { single: true, own: {} }
  }
}

export const keymap = cell<Keymap>(read())
keymap.subscribe(() => localStorage.setItem(kept, JSON.stringify(keymap.get())))

/** The keys that mean an action for this person, or undefined where there are none. */
export function keysOf(action: Action, map: Keymap): string | undefined {
  const keys = map.own[action.id] ?? action.keys
  if (!keys) return undefined
  return map.single || /^(mod|alt)\+/.test(keys) || keys === 'escape' ? keys : undefined
}

/** The first action that these meanings stand for and that can be done now. */
export function find(actions: Action[], meanings: string[], map: Keymap, at: Scene): Action | undefined {
  for (const keys of meanings) {
    const found = actions.find((action) => keysOf(action, map) === keys && (action.when?.(at) ?? true))
    if (found) return found
  }
  return undefined
}

/** The actions of two different intents that share a key, which a remapping must not do. */
export function clashes(actions: Action[], map: Keymap): [Action, Action][] {
  const seen = new Map<string, Action>()
  const found: [Action, Action][] = []
  for (const action of actions) {
    const keys = keysOf(action, map)
    if (!keys) continue
    const other = seen.get(keys)
    if (other && other.section === action.section) found.push([other, action])
    else seen.set(keys, action)
  }
  return found
}
