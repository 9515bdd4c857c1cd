import type { Key } from '../../text/t'
import { fromWall, wall } from '../../text/time'

export type SnoozeTime = { label: Key; at: Date }

/** Times people mean: later today (in three hours, while that is still before 18:00), tomorrow, in two days, Monday, a week on. */
export function snoozeTimes(now: Date): SnoozeTime[] {
  const shown = wall(now)
  const at = (days: number, hour = 9) =>
    fromWall(new Date(Date.UTC(shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate() + days, hour)))
  const list: SnoozeTime[] = []
  const later = shown.getUTCHours() + 3
  if (later <= 18) list.push({ label: 'snooze.later', at: at(0, later) })
  list.push({ label: 'snooze.tomorrow', at: at(1) })
  list.push({ label: 'snooze.days', at: at(2) })
  const toMonday = (8 - shown.getUTCDay()) % 7 || 7
  if (toMonday > 2) list.push({ label: 'snooze.monday', at: at(toMonday) })
  if (toMonday !== 7) list.push({ label: 'snooze.week', at: at(7) })
  return list
}
