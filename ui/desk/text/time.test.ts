import { afterEach, expect, test } from 'vitest'
import { fill, pick, speak } from './t'
import { ago, bytes, due, moment, span, startOfDay } from './time'

// Local times on purpose: a desk is read in the reader's own day.
const now = new Date(2026, 2, 3, 14, 0) // a Tuesday
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString()

afterEach(() => speak('en'))

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
