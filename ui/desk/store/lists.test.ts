import { expect, test } from 'vitest'
import { conversation } from './fixture'
import { before, belongs, emptyList, type ListState, place, queryOf } from './lists'

const dana = 7

test.each([
  ['closed is nobody’s', 'unassigned', { state: 'closed' as const }, false],
  ['a colleague’s is not mine', 'mine', { person_id: 8 }, false],
  ['snoozed leaves my customers', 'mine', { person_id: dana, state: 'resting' as const }, false],
  ['answered, it is the customer’s turn', 'mine', { person_id: dana, waiting_on: 'customer' as const }, false],
  ['muted leaves the open list', 'team', { muted: true }, false],
  ['another desk', 'desk-2', {}, false],
  ['without a due time nothing is due', 'due', {}, false],
  ['taken by me', 'mine', { person_id: dana }, true],
  ['nobody has it', 'unassigned', {}, true],
  ['my desk', 'desk-1', {}, true],
  ['due', 'due', { due_at: '2026-03-02T12:00:00Z' }, true],
  ['snoozed', 'snoozed', { state: 'resting' as const }, true],
  ['the customer’s turn', 'waiting', { waiting_on: 'customer' as const }, true],
  ['a flood', 'muted', { muted: true }, true],
  ['closed', 'closed', { state: 'closed' as const }, true],
  ['only the server can search', 'find-parcel', {}, null],
])('%s', (_, view, change, expected) => {
  expect(belongs(view, conversation(1, change), dana)).toBe(expected)
})

test('due lists put the most pressing first, others the newest', () => {
  const early = conversation(1, { due_at: '2026-03-02T12:00:00Z' })
  const late = conversation(2, { due_at: '2026-03-02T13:00:00Z' })
  expect(before('due', early, late)).toBe(true)
  expect(before('mine', early, late)).toBe(false)
})

const rows = new Map([1, 2, 3, 4].map((id) => [id, conversation(id)]))
const list = (change: Partial<ListState> = {}): ListState => ({ ...emptyList, ids: [3, 1], status: 'ready', ...change })
const context = (change = {}) => ({
  myId: dana,
  still: false,
  reading: null,
  look: (id: number) => rows.get(id),
  ...change,
})

test('a row that leaves the view goes, unless it is being read', () => {
  const closed = conversation(3, { state: 'closed' })
  expect(place('unassigned', list(), closed, context()).ids).toEqual([1])
  expect(place('unassigned', list(), closed, context({ reading: 3 })).ids).toEqual([3, 1])
})

test('a new row goes to its place', () => {
  expect(place('unassigned', list(), conversation(4), context()).ids).toEqual([4, 3, 1])
  expect(place('unassigned', list(), conversation(2), context()).ids).toEqual([3, 2, 1])
})

test('while the list is held still, a new row waits and a known one stays where it is', () => {
  const held = place('unassigned', list(), conversation(4), context({ still: true }))
  expect(held).toMatchObject({ ids: [3, 1], held: [4] })
  const again = conversation(1, { last_activity_at: '2026-03-02T11:00:00Z' })
  expect(place('unassigned', list(), again, context({ still: true })).ids).toEqual([3, 1])
})

test('a row that waited and then left the view is not offered any more', () => {
  const held = list({ held: [4] })
  expect(place('unassigned', held, conversation(4, { person_id: 8 }), context()).held).toEqual([])
})

test('a row below what is loaded is left to the next page', () => {
  const old = conversation(0)
  expect(place('unassigned', list({ next: 'more' }), old, context()).ids).toEqual([3, 1])
  expect(place('unassigned', list(), old, context()).ids).toEqual([3, 1, 0])
})

test('a change that moves nothing gives the same list back', () => {
  const same = list()
  expect(place('unassigned', same, conversation(3), context())).toBe(same)
})

test('a view names its query', () => {
  expect(queryOf('desk-4')).toEqual({ view: 'team', desk_id: '4' })
  expect(queryOf('find-refund by friday')).toEqual({ view: 'all', q: 'refund by friday' })
  expect(queryOf('mine')).toEqual({ view: 'mine' })
})
