// Working hours as people write them: "09:00" for 540 minutes, "24:00" for the end of the day.
export type Span = { from: number; to: number }

export const toClock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

/** Minutes from midnight, or null for what is no time of day. */
export function fromClock(text: string): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text)
  if (!match) return null
  const minutes = Number(match[1]) * 60 + Number(match[2])
  return Number(match[2]) < 60 && minutes <= 1440 ? minutes : null
}

/** A day's next stretch of work: nine to five first, then an hour after the last. */
export function nextSpan(day: Span[]): Span {
  const last = day.at(-1)
  if (!last) return { from: 540, to: 1020 }
  const from = Math.min(last.to + 60, 1380)
  return { from, to: Math.min(from + 240, 1440) }
}

/** "2027-01-01" after today's date in the same form: still to come. */
export const upcoming = <H extends { date: string }>(holidays: H[], today: string): H[] =>
  holidays.filter((day) => day.date >= today).sort((a, b) => a.date.localeCompare(b.date))
