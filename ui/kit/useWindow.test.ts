import { expect, test } from 'vitest'
import { slice } from './useWindow'

test.each([
  ['an empty list draws nothing', [0, 600, 68, 0, 6], { start: 0, end: 0 }],
  ['a shrunk list scrolled past its end draws nothing beyond it', [6800, 600, 68, 10, 6], { start: 10, end: 10 }],
  ['the top', [0, 680, 68, 1000, 6], { start: 0, end: 16 }],
  ['the middle', [6800, 680, 68, 1000, 2], { start: 98, end: 112 }],
  ['the end', [67320, 680, 68, 1000, 2], { start: 988, end: 1000 }],
])('%s', (_, [scrolled, seen, height, count, extra], expected) => {
  expect(slice(scrolled!, seen!, height!, count!, extra!)).toEqual(expected)
})
