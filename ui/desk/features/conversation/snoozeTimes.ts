import type { Key } from '../../text/t'
import { startOfDay } from '../../text/time'

export type SnoozeTime = { label: Key; at: Date }

const morning = (day: Date) => new Date(day.getFullYear(), day.getMonth(), day.getDate(), 9)

/** Times people mean: later today (in three hours, while that is still before 18:00), tomorrow, in two days, Monday, a week on. */
export function snoozeTimes(now: Date): SnoozeTime[] {
  const list: SnoozeTime[] = []
  const later = new Date(now.getTime() + 3 * 3_600_000)
  later.setMinutes(0, 0, 0)
  if (later.getDate() === now.getDate() && later.getHours() <= 18) list.push({ label: 'snooze.later', at: later })
  list.push({ label: 'snooze.tomorrow', at: morning(startOfDay(now, 1)) })
  list.push({ label: 'snooze.days', at: morning(startOfDay(now, 2)) })
  const toMonday = (8 - now.getDay()) % 7 || 7
  if (toMonday > 2) list.push({ label: 'snooze.monday', at: morning(startOfDay(now, toMonday)) })
  if (toMonday !== 7) list.push({ label: 'snooze.week', at: morning(startOfDay(now, 7)) })
  return list
}

/** For a field of date and time: local, without seconds. */
export function fieldValue(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}
