import { beforeEach, expect, test, vi } from 'vitest'
import { conversation } from './fixture'
import { emptyList, lists } from './lists'
import { releaseHeld } from './load'
import { apply, type Change, holdStill, onChange } from './stream'
import { forgetTruth, hear } from './truth'
import { conversations, counts, threads } from './world'

const change = (about: Partial<Change>): Change => ({
  kind: 'message.received',
  at: '2026-03-02T10:00:00Z',
  conversation_id: null,
  conversation: null,
  message_id: null,
  ...about,
})

beforeEach(() => {
  forgetTruth()
  conversations.clear()
  lists.clear()
  threads.clear()
  holdStill(() => false)
  hear(conversation(1))
  lists.set('unassigned', { ...emptyList, ids: [1], status: 'ready' })
})

test('a new conversation enters the list it belongs to, with the counts', () => {
  apply(change({ conversation_id: 2, conversation: conversation(2), counts: { unassigned: 2 } }))
  expect(lists.get('unassigned')?.ids).toEqual([2, 1])
  expect(counts.get()).toEqual({ unassigned: 2 })
})

test('while somebody reads the list it waits, and comes when it is asked for', () => {
  holdStill(() => true)
  apply(change({ conversation_id: 2, conversation: conversation(2) }))
  expect(lists.get('unassigned')).toMatchObject({ ids: [1], held: [2] })
  releaseHeld('unassigned')
  expect(lists.get('unassigned')).toMatchObject({ ids: [2, 1], held: [] })
})

test('what a colleague took leaves the list', () => {
  apply(change({ conversation_id: 1, conversation: conversation(1, { person_id: 8, rev: 2 }) }))
  expect(lists.get('unassigned')?.ids).toEqual([])
})

test('a conversation that is no longer ours to see is forgotten', () => {
  apply(change({ conversation_id: 1, conversation: null }))
  expect(conversations.get(1)).toBeUndefined()
})

test('the remembered text of a changed conversation is not shown again', () => {
  threads.set(1, { conversation: conversation(1), messages: [], promises: [], participants: [], events: [] })
  apply(change({ conversation_id: 1, conversation: conversation(1, { rev: 2 }) }))
  expect(threads.get(1)).toBeUndefined()
})

test('other screens hear of every change until they leave', () => {
  const heard = vi.fn()
  const leave = onChange(heard)
  apply(change({ kind: 'alarm.raised' }))
  leave()
  apply(change({ kind: 'alarm.cleared' }))
  expect(heard).toHaveBeenCalledTimes(1)
})
