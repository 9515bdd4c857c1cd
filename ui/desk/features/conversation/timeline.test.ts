import { expect, test } from 'vitest'
import type { Happening, Message, Promised, Thread } from '../../api/types'
import { conversation } from '../../store/fixture'
import { timeline } from './timeline'
import { parse } from './trusted'

const message = (id: number, minute: number, change: Partial<Message> = {}) =>
  ({
    id,
    at: `2026-03-02T10:${String(minute).padStart(2, '0')}:00Z`,
    direction: 'in',
    state: 'received',
    author: { kind: 'customer', id: 1, name: 'Amina Okafor', address: 'amina@example.com' },
    ...change,
  }) as Message

const event = (kind: string, minute: number, data: Record<string, unknown> = {}): Happening => ({
  position: `0.${minute}`,
  at: `2026-03-02T10:${String(minute).padStart(2, '0')}:00Z`,
  kind,
  actor: { kind: 'person', id: 7, name: 'Dana' },
  data,
})

const promise = (id: number, kind: string) => ({ id, kind }) as Promised

const thread = (change: Partial<Thread>): Thread => ({
  conversation: conversation(1),
  messages: [],
  promises: [],
  participants: [],
  events: [],
  ...change,
})

const keys = (of: Thread) => timeline(of).map((entry) => entry.key)

test('what was taken back is not shown', () => {
  expect(keys(thread({ messages: [message(1, 1), message(2, 2, { state: 'undone' })] }))).toEqual(['m1'])
})

test('the making and keeping of ordinary answers is no news, missing one is', () => {
  const events = [
    event('promise.made', 1, { promise_id: 5 }),
    event('promise.kept', 2, { promise_id: 5 }),
    event('promise.missed', 3, { promise_id: 5 }),
  ]
  expect(keys(thread({ events, promises: [promise(5, 'reply')] }))).toEqual(['e0.3'])
})

test('a promise in words is shown when made and when kept', () => {
  const events = [event('promise.made', 1, { promise_id: 6 }), event('promise.kept', 2, { promise_id: 6 })]
  expect(keys(thread({ events, promises: [promise(6, 'refund')] }))).toEqual(['e0.1', 'e0.2'])
})

test('words and deeds stand in one line of time', () => {
  const of = thread({
    messages: [message(1, 1), message(2, 9)],
    events: [event('conversation.assigned', 5), event('message.received', 1)],
  })
  expect(keys(of)).toEqual(['m1', 'e0.5', 'm2'])
})

test('a second message of the same writer is not introduced again', () => {
  const of = thread({ messages: [message(1, 1), message(2, 2), message(3, 3, { direction: 'out' })] })
  expect(timeline(of).map((entry) => entry.kind === 'message' && entry.first)).toEqual([true, false, true])
})

test('mail becomes nodes: styles through the object model, links to a new tab', () => {
  const box = document.createElement('div')
  box.append(parse('<p style="color: red">Hi <a href="https://example.com">there</a></p>'))
  const link = box.querySelector('a')
  expect(box.querySelector('p')?.style.color).toBe('red')
  expect(link?.getAttribute('rel')).toContain('noopener')
  expect(link?.getAttribute('target')).toBe('_blank')
})
