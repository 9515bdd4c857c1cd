import { expect, test } from 'vitest'
import { named, patience, reader, typing, worksInFields } from './keys'

const press = (key: string, held: Partial<KeyboardEvent> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
})

test.each([
  ['e', press('e'), 'e'],
  ['capital E is shift+e', press('E', { shiftKey: true }), 'shift+e'],
  ['Ctrl K', press('k', { ctrlKey: true }), 'mod+k'],
  ['⌘ K', press('k', { metaKey: true }), 'mod+k'],
  ['a question mark says its own shift', press('?', { shiftKey: true }), '?'],
  ['Ctrl Shift Enter', press('Enter', { ctrlKey: true, shiftKey: true }), 'mod+shift+enter'],
  ['backslash', press('\\', { ctrlKey: true }), 'mod+\\'],
  ['Alt 1', press('1', { altKey: true }), 'alt+1'],
  ['space', press(' '), 'space'],
])('%s', (_, event, expected) => {
  expect(named(event)).toBe(expected)
})

test('g then i is one meaning, when they come close together', () => {
  const read = reader()
  expect(read(press('g'), 0)).toEqual(['g'])
  expect(read(press('i'), 400)).toEqual(['g i', 'i'])
})

test('after a long pause, i is only i', () => {
  const read = reader()
  read(press('g'), 0)
  expect(read(press('i'), patience + 1)).toEqual(['i'])
})

test('holding Shift between two keys does not part them', () => {
  const read = reader()
  read(press('g'), 0)
  expect(read(press('Shift', { shiftKey: true }), 100)).toEqual([])
  expect(read(press('P', { shiftKey: true }), 200)).toEqual(['g shift+p', 'shift+p'])
})

test('in a field a letter is a letter', () => {
  document.body.innerHTML = '<input><div contenteditable="true"><b>x</b></div><button>ok</button>'
  expect(typing(document.querySelector('input'))).toBe(true)
  expect(typing(document.querySelector('b'))).toBe(true)
  expect(typing(document.querySelector('button'))).toBe(false)
  expect(typing(null)).toBe(false)
  expect(['e', 'shift+e', 'mod+k', 'escape', '?'].filter(worksInFields)).toEqual(['mod+k', 'escape'])
})
