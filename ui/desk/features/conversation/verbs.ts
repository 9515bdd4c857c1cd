// What an agent does to a conversation: shown at once, said to the server, taken back with a reason where it refuses.

import { api, type Obstacle, Problem, sentence } from '../../api/client'
import type { Conversation } from '../../api/types'
import { choose, view } from '../../app/go'
import { lists } from '../../store/lists'
import { placeEverywhere } from '../../store/load'
import { toast, trouble } from '../../store/toasts'
import { assume } from '../../store/truth'
import { checked, conversations, me, now, people, selected, threads } from '../../store/world'
import { t } from '../../text/t'
import { moment } from '../../text/time'
import type { EndingReason } from './endings'

/** Runs one change; on refusal says why and gives false. */
async function attempt(id: number, change: Partial<Conversation>, run: () => Promise<unknown>): Promise<boolean> {
  const asked = assume(id, change, run)
  const shown = conversations.get(id)
  if (shown) placeEverywhere(shown, false)
  try {
    await asked
    return true
  } catch (error) {
    const back = conversations.get(id)
    if (back) placeEverywhere(back, false)
    trouble(sentence(error))
    return false
  }
}

const nameOf = (id: number | null) => people.get().find((person) => person.id === id)?.name ?? null

export async function assign(id: number, personId: number | null, quiet = false): Promise<void> {
  const before = conversations.get(id)
  if (!before || before.person_id === personId) return
  const change = { person_id: personId, person_name: nameOf(personId) }
  const agreed = await attempt(id, change, () => api.put(`/conversations/${id}/assignee`, { person_id: personId }))
  if (!agreed || quiet) return
  const text = personId === null ? t('done.released') : t('done.assigned', { name: change.person_name ?? '' })
  toast(text, { action: { label: t('action.undo'), run: () => void assign(id, before.person_id, true) } })
}

export const takeMyself = (id: number) => assign(id, me.get()?.id ?? null)

export async function snooze(id: number, until: Date, reason: string): Promise<void> {
  const iso = until.toISOString()
  const change = { state: 'resting' as const, snoozed_until: iso, snooze_reason: reason }
  const agreed = await attempt(id, change, () => api.put(`/conversations/${id}/snooze`, { until: iso, reason }))
  if (!agreed) return
  toast(t('done.snoozed', { when: moment(iso, now.get()) }), {
    action: { label: t('action.undo'), run: () => void wake(id, true) },
  })
}

export async function wake(id: number, quiet = false): Promise<void> {
  const change = { state: 'open' as const, snoozed_until: null, snooze_reason: null }
  const agreed = await attempt(id, change, () => api.delete(`/conversations/${id}/snooze`))
  if (agreed && !quiet) toast(t('done.woken'))
}

export type Ending = { reason?: EndingReason; note?: string }

/** Closes a conversation. What stands in the way comes back as data; an empty list means it is closed. */
export async function close(id: number, ending: Ending = {}): Promise<Obstacle[]> {
  const after = neighbour(id)
  try {
    await api.put(`/conversations/${id}/closed`, ending)
  } catch (error) {
    if (error instanceof Problem && error.status === 409 && error.obstacles.length) return error.obstacles
    trouble(sentence(error))
    return [{ kind: 'trouble', sentence: sentence(error) }]
  }
  if (selected.get() === id) choose(after)
  await assume(id, { state: 'closed', waiting_on: 'nobody', due_at: null, due_state: null }, () => Promise.resolve())
  const shown = conversations.get(id)
  if (shown) placeEverywhere(shown, false)
  toast(t('done.closed'), { action: { label: t('action.undo'), run: () => void reopen(id, true) } })
  return []
}

export async function reopen(id: number, quiet = false): Promise<void> {
  const agreed = await attempt(id, { state: 'open' }, () => api.delete(`/conversations/${id}/closed`))
  if (agreed && !quiet) toast(t('done.reopened'))
}

/** Says that we have read everything that is on the screen, once. */
export function markRead(id: number): void {
  const newest = Math.max(0, ...(threads.get(id)?.messages ?? []).map((message) => message.id))
  if (!conversations.get(id)?.unread || !newest) return
  assume(id, { unread: false }, () => api.put(`/conversations/${id}/read`, { message_id: newest })).catch(() => {
    // Being unread a little longer harms nobody; the next look says it again.
  })
}

/** Puts the dot back, and leaves, so that it is not read again at once. */
export async function markUnread(id: number): Promise<void> {
  choose(null)
  await attempt(id, { unread: true }, () => api.delete(`/conversations/${id}/read`))
}

export async function unmute(id: number): Promise<void> {
  if (await attempt(id, { muted: false }, () => api.delete(`/conversations/${id}/mute`))) toast(t('done.unmuted'))
}

/** The conversation after this one in the list on the screen, or the one before at its end. */
export function neighbour(id: number | null, step = 1): number | null {
  const ids = lists.get(view.get())?.ids ?? []
  if (id === null) return ids[0] ?? null
  const index = ids.indexOf(id)
  if (index < 0) return ids[0] ?? null
  return ids[index + step] ?? (step === 1 ? (ids[index - 1] ?? null) : null)
}

/** Moves one row down (1) or up (-1), staying where there is no further row. */
export function step(by: 1 | -1): void {
  const ids = lists.get(view.get())?.ids ?? []
  const at = selected.get()
  const index = at === null ? -1 : ids.indexOf(at)
  const next = ids[Math.min(Math.max(index + by, 0), ids.length - 1)]
  if (next !== undefined && next !== at) choose(next)
}

export function tick(id: number): void {
  checked.set((old) => {
    const next = new Set(old)
    if (!next.delete(id)) next.add(id)
    return next
  })
}

/** Ticks everything between the row being read and the one `by` away, and goes there. */
export function extend(by: 1 | -1): void {
  const from = selected.get()
  step(by)
  const to = selected.get()
  checked.set((old) => new Set([...old, ...[from, to].filter((id) => id !== null)]))
}

export function tickTo(id: number): void {
  const ids = lists.get(view.get())?.ids ?? []
  const from = ids.indexOf(selected.get() ?? id)
  const to = ids.indexOf(id)
  const range = ids.slice(Math.min(from, to), Math.max(from, to) + 1)
  checked.set((old) => new Set([...old, ...range]))
}
