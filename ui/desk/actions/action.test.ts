import { Archive, Clock } from 'lucide-react'
import { expect, test, vi } from 'vitest'
import { type Action, clashes, find, keysOf, type Scene } from './action'

const act = (id: string, keys: string, more: Partial<Action> = {}): Action => ({
  id,
  label: 'time.now',
  section: 'conversation',
  keys,
  icon: Archive,
  perform: vi.fn(),
  ...more,
})

const close = act('close', 'e', { when: (at) => at.screen === 'inbox' })
const inbox = act('inbox', 'g i', { section: 'go' })
const mine = act('mine', 'i')
const palette = act('palette', 'mod+k', { section: 'desk', icon: Clock })
const all = [close, inbox, mine, palette]
const given = { single: true, own: {} }
const at = (screen: string): Scene => ({ me: null, screen, conversation: null })

test('an action that cannot be done now is not found', () => {
  expect(find(all, ['e'], given, at('settings'))).toBeUndefined()
  expect(find(all, ['e'], given, at('inbox'))).toBe(close)
})

test('the longer meaning wins', () => {
  expect(find(all, ['g i', 'i'], given, at('inbox'))).toBe(inbox)
  expect(find(all, ['i'], given, at('inbox'))).toBe(mine)
})

test('a person’s own key replaces the given one, and an empty one switches it off', () => {
  const own = { single: true, own: { close: 'x', mine: '' } }
  expect(find(all, ['e'], own, at('inbox'))).toBeUndefined()
  expect(find(all, ['x'], own, at('inbox'))).toBe(close)
  expect(keysOf(mine, own)).toBeUndefined()
})

test('without single keys, only chords remain', () => {
  const quiet = { single: false, own: {} }
  expect(keysOf(close, quiet)).toBeUndefined()
  expect(keysOf(palette, quiet)).toBe('mod+k')
})

test('two intents on one key are told', () => {
  expect(clashes(all, given)).toEqual([])
  expect(clashes(all, { single: true, own: { mine: 'e' } })).toEqual([[close, mine]])
})
