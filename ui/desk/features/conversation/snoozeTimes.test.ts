import { afterEach, expect, test } from 'vitest'
import { fieldValue, keepTimeIn } from '../../text/time'
import { snoozeTimes } from './snoozeTimes'

afterEach(() => {
  keepTimeIn('')
})

const names = (at: Date) => snoozeTimes(at).map((time) => `${time.label.slice(7)} ${fieldValue(time.at)}`)

test('on a Tuesday morning', () => {
  expect(names(new Date(2026, 2, 3, 10, 20))).toEqual([
    'later 2026-03-03T13:00',
    'tomorrow 2026-03-04T09:00',
    'days 2026-03-05T09:00',
    'monday 2026-03-09T09:00',
    'week 2026-03-10T09:00',
  ])
})

test('late in the evening there is no later today', () => {
  expect(names(new Date(2026, 2, 3, 21, 0))[0]).toBe('tomorrow 2026-03-04T09:00')
})

test('on a Sunday, Monday is tomorrow and not said twice', () => {
  expect(names(new Date(2026, 2, 8, 12, 0))).toEqual([
    'later 2026-03-08T15:00',
    'tomorrow 2026-03-09T09:00',
    'days 2026-03-10T09:00',
    'week 2026-03-15T09:00',
  ])
})

test('on a Monday, the next one is a week on', () => {
  expect(names(new Date(2026, 2, 2, 12, 0)).at(-1)).toBe('monday 2026-03-09T09:00')
})

test('every time is still to come', () => {
  for (let hour = 0; hour < 24 * 7; hour++) {
    const now = new Date(2026, 2, 2, hour, 59)
    for (const time of snoozeTimes(now)) expect(time.at.getTime()).toBeGreaterThan(now.getTime())
  }
})

test('mornings are those of the own zone', () => {
  keepTimeIn('Asia/Tokyo')
  const evening = new Date('2026-03-03T14:00:00Z') // 23:00 on that wall
  expect(snoozeTimes(evening)[0]?.at.toISOString()).toBe('2026-03-04T00:00:00.000Z')
  expect(names(evening)[0]).toBe('tomorrow 2026-03-04T09:00')
})
