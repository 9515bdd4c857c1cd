import { beforeEach, expect, test } from 'vitest'
import type { Message, Thread } from '../../api/types'
import { threads } from '../../store/world'
import { begin, seenMark, settle } from './seen'

const holding = (...ids: number[]) => ({ messages: ids.map((id) => ({ id, direction: 'in' }) as Message) }) as Thread

beforeEach(() => {
  settle(7)
  threads.set(7, holding(1, 2))
})

test('before a word is typed, everything on the screen counts as read', () => {
  expect(seenMark(7)).toBe(2)
})

test('what arrives while somebody writes is not taken for read', () => {
  begin(7)
  threads.set(7, holding(1, 2, 3))
  begin(7) // a further word changes nothing
  expect(seenMark(7)).toBe(2)
})

test('once told, the writer may send', () => {
  begin(7)
  threads.set(7, holding(1, 2, 3))
  settle(7)
  expect(seenMark(7)).toBe(3)
})
