// Lists of conversations by view. The server decides what is in a view and its order; between two answers the rules
// below keep a list true as single changes arrive, and hold its order still while somebody is reading it.
import type { Conversation } from '../api/types'
import { table } from './cell'

export type ListState = {
  ids: number[]
  /** Arrived or moved up while the list was held still; shown by a tap on "3 new". */
  held: number[]
  next: string | null
  status: 'loading' | 'ready' | 'failed'
  error: string | null
}

export const lists = table<string, ListState>()

export const emptyList: ListState = { ids: [], held: [], next: null, status: 'loading', error: null }

/** "desk-3" is everything of one desk, "find-refund" a search; any other key is a view of the API. */
export function queryOf(view: string): Record<string, string> {
  if (view.startsWith('desk-')) return { view: 'team', desk_id: view.slice(5) }
  if (view.startsWith('find-')) return { view: 'all', q: view.slice(5) }
  return { view }
}

const at = (iso: string | null): number => (iso ? Date.parse(iso) : Number.POSITIVE_INFINITY)
const needsUs = (c: Conversation): boolean => c.state === 'open' && c.waiting_on === 'us' && !c.muted

/** Whether a conversation belongs to a view, by the server's own definitions; null where only the server can tell (searches). */
export function belongs(view: string, c: Conversation, myId: number): boolean | null {
  if (view.startsWith('desk-')) return needsUs(c) && c.desk_id === Number(view.slice(5))
  switch (view) {
    case 'mine':
      return needsUs(c) && c.person_id === myId
    case 'unassigned':
      return needsUs(c) && c.person_id === null
    case 'team':
      return needsUs(c)
    case 'due':
      return c.state !== 'closed' && c.due_at !== null && !c.muted
    case 'waiting':
      return c.state === 'open' && c.waiting_on !== 'us'
    case 'snoozed':
      return c.state === 'resting'
    case 'muted':
      return c.state !== 'closed' && c.muted
    case 'closed':
      return c.state === 'closed'
    case 'all':
      return true
    default:
      return null
  }
}

/** Due lists show the most pressing first; all others the newest activity first. */
export function before(view: string, a: Conversation, b: Conversation): boolean {
  if (view === 'due' && at(a.due_at) !== at(b.due_at)) return at(a.due_at) < at(b.due_at)
  if (a.last_activity_at !== b.last_activity_at) return at(a.last_activity_at) > at(b.last_activity_at)
  return a.id > b.id
}

/**
 * A list after one conversation changed. Leaving happens at once, except for the row being read (`reading`), which stays
 * until the reader moves on. Arriving or moving waits in `held` while the list is `still`.
 */
export function place(
  view: string,
  list: ListState,
  c: Conversation,
  context: { myId: number; still: boolean; reading: number | null; look: (id: number) => Conversation | undefined },
): ListState {
  const inside = belongs(view, c, context.myId)
  if (inside === null) return list
  const listed = list.ids.includes(c.id)
  const without = list.held.filter((id) => id !== c.id)
  if (!inside) {
    if (!listed) return without.length === list.held.length ? list : { ...list, held: without }
    if (context.reading === c.id) return list
    return { ...list, ids: list.ids.filter((id) => id !== c.id), held: without }
  }
  const rest = list.ids.filter((id) => id !== c.id)
  const index = rest.findIndex((id) => {
    const other = context.look(id)
    return other !== undefined && before(view, c, other)
  })
  if (index < 0 && list.next !== null && !listed) return list
  const to = index < 0 ? rest.length : index
  if (listed && list.ids.indexOf(c.id) === to) return list
  if (context.still) return listed ? list : { ...list, held: [...without, c.id] }
  return { ...list, ids: [...rest.slice(0, to), c.id, ...rest.slice(to)], held: without }
}
