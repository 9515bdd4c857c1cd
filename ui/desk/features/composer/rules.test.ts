import { expect, test } from 'vitest'
import type { Message } from '../../api/types'
import { blank, hasWords, isAddress, isUntouched, merged, newestSeen, readAddresses, shortName, written } from './rules'

test.each([
  '',
  'amina',
  'amina@',
  '@example.com',
  'amina@example',
  'a b@example.com',
  'amina@example.com,',
  `${'a'.repeat(250)}@example.com`,
])('%j is no address', (text) => expect(isAddress(text)).toBe(false))

test.each(['amina@example.com', 'a.b+c@mail.example.org', 'użytkownik@przykład.example'])('%j is one', (text) =>
  expect(isAddress(text)).toBe(true),
)

test('a pasted line is read person by person, and what is no address is told', () => {
  const read = readAddresses(
    'Amina Okafor <amina@example.com>; jonas@example.com, "Sharma, Priya" <priya@example.net>, Mateo',
  )
  expect(read.good).toEqual([
    { name: 'Amina Okafor', address: 'amina@example.com' },
    { name: '', address: 'jonas@example.com' },
    { name: 'Sharma, Priya', address: 'priya@example.net' },
  ])
  expect(read.bad).toEqual(['Mateo'])
})

test('addresses parted by spaces only are read too', () => {
  expect(readAddresses('amina@example.com jonas@example.com').good).toHaveLength(2)
})

test('the same person twice is one recipient', () => {
  const amina = { name: 'Amina', address: 'amina@example.com' }
  expect(merged([amina], [{ name: '', address: 'AMINA@example.com' }])).toEqual([amina])
})

test('blanks are not words, a file is', () => {
  expect(hasWords({ ...blank, text: ' \n ' })).toBe(false)
  expect(hasWords({ ...blank, files: [{ id: 1, name: 'a.pdf', type: 'application/pdf', size: 1 }] })).toBe(true)
  expect(isUntouched({ ...blank, bcc: [{ name: '', address: 'a@example.com' }] })).toBe(false)
})

test('a note is not something an answer overlooks', () => {
  const message = (id: number, direction: Message['direction']) => ({ id, direction }) as Message
  expect(newestSeen([message(1, 'in'), message(2, 'out'), message(3, 'note')])).toBe(2)
  expect(newestSeen([])).toBeUndefined()
})

test.each([
  ['Amina Okafor', 'Amina'],
  ['', 'amina@example.com'],
  ['Okafor, Amina', 'Okafor, Amina'],
  ['Prince', 'Prince'],
])('%j is called %j', (name, expected) => expect(shortName(name, 'amina@example.com')).toBe(expected))

test('an address is written so that it is read back the same', () => {
  for (const one of [
    { name: 'Amina Okafor', address: 'amina@example.com' },
    { name: 'Sharma, Priya', address: 'priya@example.net' },
    { name: '', address: 'jonas@example.com' },
  ]) {
    expect(readAddresses(written(one)).good).toEqual([one])
  }
  expect(written({ name: 'A "b" <c>', address: 'd@example.com' })).toBe('"A b <c>" <d@example.com>')
})
