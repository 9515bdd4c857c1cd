import { afterEach, expect, test } from 'vitest'
import { fill, pick, speak } from './t'
import {
  ago,
  bytes,
  dateOnly,
  due,
  fieldValue,
  fromField,
  keepTimeIn,
  moment,
  span,
  startOfDay,
  wall,
  zone,
} from './time'

// Local times on purpose: a desk is read in the reader's own day.
const now = new Date(2026, 2, 3, 14, 0) // a Tuesday
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString()

afterEach(async () => {
  await speak('en')
  keepTimeIn('')
})

test.each([
  [30_000, 'now'],
  [18 * 60_000, '18m'],
  [59 * 60_000 + 59_000, '59m'],
  [3 * 3_600_000, '3h'],
  [50 * 3_600_000, '2d'],
])('%d ms is %s', (ms, text) => expect(span(ms)).toBe(text))

test.each([
  ['a clock that runs ahead', at(2026, 2, 3, 14, 5), 'now'],
  ['this morning', at(2026, 2, 3, 11, 0), '3h'],
  ['last Friday', at(2026, 1, 27, 11, 0), 'Fri'],
  ['last month', at(2026, 1, 3, 11, 0), 'Feb 3'],
  ['last year', at(2025, 10, 3, 11, 0), 'Nov 3, 2025'],
])('a row says of %s: %s', (_, iso, text) => expect(ago(iso, now)).toMatch(new RegExp(text.replace(/ /g, '.'))))

test.each([
  [at(2026, 2, 3, 16, 0), 'Today 16:00'],
  [at(2026, 2, 4, 9, 0), 'Tomorrow 09:00'],
  [at(2026, 2, 2, 23, 59), 'Yesterday 23:59'],
  [at(2026, 2, 6, 9, 5), 'Fri 09:05'],
])('%s is %s', (iso, text) => expect(moment(iso, now)).toBe(text))

test('a due time is late, soon, or still to come', () => {
  expect(due(at(2026, 2, 3, 13, 0), now)).toEqual({ kind: 'missed', text: 'Missed by 1h' })
  expect(due(at(2026, 2, 3, 14, 18), now)).toEqual({ kind: 'soon', text: 'Reply in 18m' })
  expect(due(at(2026, 2, 3, 16, 0), now)).toEqual({ kind: 'later', text: 'Today 16:00' })
})

test('the first minute of lateness is a minute, not "now"', () => {
  expect(due(new Date(now.getTime() - 5_000).toISOString(), now).text).toBe('Missed by 1m')
})

test('a day is a calendar day, also across a change of clocks', () => {
  expect(startOfDay(new Date(2026, 2, 28, 15), 1).getDate()).toBe(29)
  expect(startOfDay(new Date(2026, 2, 28, 15), 2).getHours()).toBe(0)
})

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [14_200, '14 kB'],
  [3_450_000, '3.5 MB'],
])('%d is %s', (size, text) => expect(bytes(size)).toBe(text))

test('counted words follow their language', () => {
  const people = { one: '{count} person', two: '{count} both', other: '{count} people' }
  expect(fill(people, { count: 1 }, 'en')).toBe('1 person')
  expect(fill(people, { count: 1200 }, 'en')).toBe('1,200 people')
  expect(fill(people, { count: 2 }, 'ar')).toContain('both')
  expect(fill('{name} has it.', {}, 'en')).toBe('{name} has it.')
})

test('the first language we speak is taken', () => {
  expect(pick(['fr-CA', 'de-AT', 'en'])).toBe('de')
  expect(pick(['tlh'])).toBe('en')
})

test('a zone that the browser does not know leaves the browser its own', () => {
  expect(keepTimeIn('Mars/Olympus')).toBe(false)
  expect(zone()).toBe('')
})

test.each([
  ['Europe/Berlin', 'Today 00:30', '2026-03-04T00:30', 'Mar 4, 2026'],
  ['America/St_Johns', 'Yesterday 20:00', '2026-03-03T20:00', 'Mar 3, 2026'],
  ['Asia/Kathmandu', 'Today 05:15', '2026-03-04T05:15', 'Mar 4, 2026'],
  ['UTC', 'Yesterday 23:30', '2026-03-03T23:30', 'Mar 3, 2026'],
])('in %s half past eleven in UTC is %s', (name, text, field, date) => {
  keepTimeIn(name)
  const iso = '2026-03-03T23:30:00Z'
  expect(moment(iso, new Date('2026-03-04T10:00:00Z'))).toBe(text)
  expect(fieldValue(new Date(iso))).toBe(field)
  expect(fromField(field).toISOString()).toBe('2026-03-03T23:30:00.000Z')
  expect(dateOnly(iso)).toBe(date)
})

test('a year ends when it ends on the own wall', () => {
  keepTimeIn('Asia/Tokyo')
  expect(ago('2025-12-20T12:00:00Z', new Date('2025-12-31T16:00:00Z'))).toMatch(/2025/)
  keepTimeIn('America/New_York')
  expect(ago('2025-12-20T12:00:00Z', new Date('2025-12-31T16:00:00Z'))).not.toMatch(/2025/)
})

test.each([
  ['the night that loses an hour', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
  ['the night that gains one, the first time', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
  ['just before', '2026-03-29T01:59', '2026-03-29T00:59:00.000Z'],
  ['just after', '2026-03-29T03:00', '2026-03-29T01:00:00.000Z'],
])('%s in Berlin', (_, field, iso) => {
  keepTimeIn('Europe/Berlin')
  expect(fromField(field).toISOString()).toBe(iso)
})

test('midnight is the own one', () => {
  keepTimeIn('Europe/Berlin')
  expect(startOfDay(new Date('2026-03-29T12:00:00Z'), 1).toISOString()).toBe('2026-03-29T22:00:00.000Z')
  expect(wall(new Date('2026-03-29T12:00:00Z')).toISOString()).toBe('2026-03-29T14:00:00.000Z')
})
