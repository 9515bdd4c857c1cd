import { expect, test, vi } from 'vitest'
import { batch, cell, table } from './cell'

test('setting the same value tells nobody', () => {
  const name = cell('Amina')
  const heard = vi.fn()
  name.subscribe(heard)
  name.set('Amina')
  expect(heard).not.toHaveBeenCalled()
  name.set((old) => `${old} O.`)
  expect(heard).toHaveBeenCalledTimes(1)
  expect(name.get()).toBe('Amina O.')
})

test('a reader of one row does not hear of another', () => {
  const rows = table<number, string>()
  const amina = vi.fn()
  rows.subscribe(1, amina)
  rows.set(2, 'Jonas')
  expect(amina).not.toHaveBeenCalled()
  rows.set(1, 'Amina')
  expect(amina).toHaveBeenCalledTimes(1)
})

test('a reader who left hears nothing', () => {
  const rows = table<number, string>()
  const heard = vi.fn()
  rows.subscribe(1, heard)()
  rows.set(1, 'Amina')
  expect(heard).not.toHaveBeenCalled()
})

test('a batch tells each reader once, after its last change', () => {
  const count = cell(0)
  const seen: number[] = []
  count.subscribe(() => seen.push(count.get()))
  batch(() => {
    count.set(1)
    batch(() => count.set(2))
    count.set(3)
  })
  expect(seen).toEqual([3])
})

test('a batch that throws still tells what it changed', () => {
  const count = cell(0)
  const heard = vi.fn()
  count.subscribe(heard)
  expect(() =>
    batch(() => {
      count.set(1)
      throw new Error('stop')
    }),
  ).toThrow('stop')
  expect(heard).toHaveBeenCalledTimes(1)
})

test('a full table forgets the oldest row nobody reads', () => {
  const rows = table<number, string>(2)
  rows.set(1, 'Amina')
  rows.set(2, 'Jonas')
  rows.set(1, 'Amina again')
  rows.set(3, 'Priya')
  expect(rows.keys()).toEqual([1, 3])
})

test('a row on the screen is not forgotten', () => {
  const rows = table<number, string>(1)
  rows.subscribe(1, () => {})
  rows.set(1, 'Amina')
  rows.set(2, 'Jonas')
  expect(rows.get(1)).toBe('Amina')
})

test('patching what is not there changes nothing', () => {
  const rows = table<number, { read: boolean }>()
  rows.patch(1, (row) => ({ ...row, read: true }))
  expect(rows.get(1)).toBeUndefined()
})
