import { expect, test } from 'vitest'
import { fromClock, nextSpan, toClock, upcoming } from './hours'

test.each(['', '9', '25:00', '12:60', 'noon', '24:01'])('%j is no time of day', (text) =>
  expect(fromClock(text)).toBeNull(),
)

test.each([
  [0, '00:00'],
  [540, '09:00'],
  [1020, '17:00'],
  [1440, '24:00'],
])('%d minutes are %s and back', (minutes, text) => {
  expect(toClock(minutes)).toBe(text)
  expect(fromClock(text)).toBe(minutes)
})

test('a new stretch follows the last one and ends within the day', () => {
  expect(nextSpan([])).toEqual({ from: 540, to: 1020 })
  expect(nextSpan([{ from: 540, to: 720 }])).toEqual({ from: 780, to: 1020 })
  expect(nextSpan([{ from: 540, to: 1400 }])).toEqual({ from: 1380, to: 1440 })
})

test('holidays that have passed are left out', () => {
  const days = [{ date: '2027-01-01' }, { date: '2026-01-01' }, { date: '2026-12-25' }]
  expect(upcoming(days, '2026-06-01').map((day) => day.date)).toEqual(['2026-12-25', '2027-01-01'])
})
