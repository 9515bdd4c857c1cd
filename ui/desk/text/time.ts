// Times as people say them. The present moment is always an argument.
import { dateLocale, locale, t } from './t'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Whose clock is read: the person's zone, or with none the browser's. */
let ours: string | undefined
let offsets: Intl.DateTimeFormat | undefined

export const zone = () => ours ?? ''

/** Reads all times in this zone from now on; "" and names that the browser does not know follow the browser. True where that changes anything. */
export function keepTimeIn(name: string): boolean {
  const known = name && isZone(name) ? name : undefined
  if (known === ours) return false
  ours = known
  offsets = known ? new Intl.DateTimeFormat('en', { timeZone: known, timeZoneName: 'longOffset' }) : undefined
  return true
}

function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(at: Date, options: Intl.DateTimeFormatOptions): string {
  const key = `${locale()}${zone()}${JSON.stringify(options)}`
  let formatter = formats.get(key)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(dateLocale(), ours ? { ...options, timeZone: ours } : options)
    formats.set(key, formatter)
  }
  return formatter.format(at)
}

/** How far the clock on the wall is ahead of UTC at this moment, in milliseconds. */
function ahead(at: number): number {
  if (!offsets) return -new Date(at).getTimezoneOffset() * minute
  const name = offsets.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * hour + Number(minutes) * minute) : 0
}

/** What the wall shows, as a date whose UTC parts are the local ones: for counting in days and hours. */
export const wall = (at: Date) => new Date(at.getTime() + ahead(at.getTime()))

/** The moment at which the wall shows this. Where clocks are put forward over it, it is an hour later; where back, the first of the two. */
export function fromWall(shown: Date): Date {
  const guess = shown.getTime() - ahead(shown.getTime() - ahead(shown.getTime()))
  const early = shown.getTime() - ahead(guess - 2 * hour)
  return new Date(wall(new Date(early)).getTime() === shown.getTime() ? early : guess)
}

const dayOf = (at: Date) => Math.floor(wall(at).getTime() / day)

/** Midnight of the local day, moved by whole days. */
export const startOfDay = (at: Date, days = 0) => fromWall(new Date((dayOf(at) + days) * day))

/** For a field of date and time: local, without seconds; and back. */
export const fieldValue = (at: Date) => wall(at).toISOString().slice(0, 16)
export const fromField = (value: string) => fromWall(new Date(`${value}Z`))

const daysApart = (at: Date, now: Date) => dayOf(at) - dayOf(now)
const sameYear = (at: Date, now: Date) => wall(at).getUTCFullYear() === wall(now).getUTCFullYear()

export const clock = (at: Date) => format(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** A length of time in its largest unit: "now", "18m", "3h", "2d". Seconds below a minute are "now". */
export function span(ms: number): string {
  const size = Math.abs(ms)
  if (size < minute) return t('time.now')
  if (size < hour) return t('time.minutes', { n: Math.floor(size / minute) })
  if (size < day) return t('time.hours', { n: Math.floor(size / hour) })
  return t('time.days', { n: Math.floor(size / day) })
}

/** For a row in a list: how long ago within a day, then the weekday, then the date. */
export function ago(iso: string, now: Date): string {
  const at = new Date(iso)
  const past = now.getTime() - at.getTime()
  if (past < day) return span(Math.max(0, past))
  if (past < 6 * day) return format(at, { weekday: 'short' })
  if (sameYear(at, now)) return format(at, { day: 'numeric', month: 'short' })
  return format(at, { day: 'numeric', month: 'short', year: 'numeric' })
}

/** For a moment that matters: "Today 16:00", "Tomorrow 09:00", "Tue 09:12", "14 Nov 09:12", "14 Nov 2025 09:12". */
export function moment(iso: string, now: Date): string {
  const at = new Date(iso)
  const apart = daysApart(at, now)
  if (apart === 0) return t('time.today', { clock: clock(at) })
  if (apart === 1) return t('time.tomorrow', { clock: clock(at) })
  if (apart === -1) return t('time.yesterday', { clock: clock(at) })
  if (Math.abs(apart) < 7) return `${format(at, { weekday: 'short' })} ${clock(at)}`
  const year = sameYear(at, now) ? {} : { year: 'numeric' as const }
  return `${format(at, { day: 'numeric', month: 'short', ...year })} ${clock(at)}`
}

/** Everything about a moment, for a hover or a detail line. */
export function fully(iso: string): string {
  return format(new Date(iso), { dateStyle: 'full', timeStyle: 'short' })
}

export const dateOnly = (iso: string) => format(new Date(iso), { dateStyle: 'medium' })

export type Due = { kind: 'later' | 'soon' | 'missed'; text: string }

/** How pressing a due time is. Within an hour it is "soon" and counts down; after it, it says by how much we are late. */
export function due(iso: string, now: Date): Due {
  const left = new Date(iso).getTime() - now.getTime()
  if (left < 0) return { kind: 'missed', text: t('due.missed', { span: span(Math.max(-left, minute)) }) }
  if (left < hour) return { kind: 'soon', text: t('due.soon', { span: span(Math.max(left, minute)) }) }
  return { kind: 'later', text: moment(iso, now) }
}

/** A byte count as people read it: "14 KB". */
export function bytes(size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = size < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(size) / 3))
  return new Intl.NumberFormat(dateLocale(), {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step > 1 ? 1 : 0,
  }).format(size / 1000 ** step)
}
