import { beforeEach, expect, test } from 'vitest'
import { conversation } from './fixture'
import { assume, forgetTruth, hear, unhear } from './truth'
import { conversations } from './world'

beforeEach(() => {
  forgetTruth()
  conversations.clear()
})

test('a refused change is taken back and its reason passes on', async () => {
  hear(conversation(1))
  const ask = assume(1, { person_id: 7 }, () => Promise.reject(new Error('Dana has left the desk.')))
  expect(conversations.get(1)?.person_id).toBe(7)
  await expect(ask).rejects.toThrow('Dana has left')
  expect(conversations.get(1)?.person_id).toBeNull()
})

test('an accepted change stays until the server says more', async () => {
  hear(conversation(1))
  await assume(1, { person_id: 7 }, () => Promise.resolve())
  expect(conversations.get(1)?.person_id).toBe(7)
  hear(conversation(1, { rev: 2, person_id: 8 }))
  expect(conversations.get(1)?.person_id).toBe(8)
})

test('news from the server does not undo a change that is still on its way', async () => {
  hear(conversation(1))
  let agree = () => {}
  const ask = assume(1, { muted: true }, () => new Promise<void>((done) => (agree = done)))
  hear(conversation(1, { rev: 2, preview: 'Are you there?' }))
  expect(conversations.get(1)).toMatchObject({ muted: true, preview: 'Are you there?' })
  agree()
  await ask
  expect(conversations.get(1)?.muted).toBe(true)
})

test('one of two refused changes goes alone', async () => {
  hear(conversation(1))
  const first = assume(1, { muted: true }, () => Promise.reject(new Error('no')))
  const second = assume(1, { subject: 'Refund' }, () => Promise.resolve())
  await expect(first).rejects.toThrow('no')
  await second
  expect(conversations.get(1)).toMatchObject({ muted: false, subject: 'Refund' })
})

test('late news is left out', () => {
  hear(conversation(1, { rev: 5, subject: 'now' }))
  hear(conversation(1, { rev: 4, subject: 'before' }))
  expect(conversations.get(1)?.subject).toBe('now')
})

test('what is no longer ours is gone', () => {
  hear(conversation(1))
  unhear(1)
  expect(conversations.get(1)).toBeUndefined()
})
