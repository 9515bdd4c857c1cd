import { expect, test } from 'vitest'
import { conversation } from '../../store/fixture'
import { pickNext } from './nextCustomer'
import { truthOf } from './truthOf'

const now = new Date('2026-03-03T12:00:00Z')
const late = '2026-03-03T11:00:00Z'
const soon = '2026-03-03T12:18:00Z'

test.each([
  ['what did not arrive comes before all', { failed: true, due_at: late, state: 'closed' as const }, 'failed'],
  ['closed is closed', { state: 'closed' as const, due_at: late }, 'closed'],
  ['late', { due_at: late }, 'missed'],
  ['late, as the server says, whatever our clock says', { due_at: soon, due_state: 'missed' as const }, 'missed'],
  ['soon', { due_at: soon }, 'soon'],
  ['snoozed, and what is owed has time', { due_at: soon, snoozed_until: soon }, 'snoozed'],
  ['snoozed, but late', { due_at: late, snoozed_until: soon }, 'missed'],
  ['a flood', { muted: true }, 'muted'],
  ['the customer’s turn', { waiting_on: 'customer' as const }, 'waiting'],
  ['nobody waits', { waiting_on: 'nobody' as const }, 'kept'],
])('%s', (_, change, kind) => {
  expect(truthOf(conversation(1, change), now)?.kind).toBe(kind)
})

test('where there is nothing to say, nothing is said', () => {
  expect(truthOf(conversation(1), now)).toBeNull()
})

const dana = 7

test('the next customer is never a colleague’s, a snoozed one, or the one being read', () => {
  const due = [
    conversation(1, { person_id: 8 }),
    conversation(2, { snoozed_until: soon }),
    conversation(3),
    conversation(4, { waiting_on: 'customer' }),
    conversation(5, { person_id: dana }),
  ]
  expect(pickNext(due, dana, 3)?.id).toBe(5)
  expect(pickNext(due, dana, null)?.id).toBe(3)
  expect(pickNext(due.slice(0, 2), dana, null)).toBeUndefined()
})
