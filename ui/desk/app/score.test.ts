import { expect, test } from 'vitest'
import { score } from './score'

test.each([
  ['Snooze', 'xyz', 0],
  ['Snooze', 'ze', 3],
  ['Snooze', 'sno', 5],
  ['Take it myself', 'my', 4],
  ['Reply to customer', 'customer reply', 2],
  ['Keyboard shortcuts', 'kbsh', 1],
  ['Take it myself', 'kite', 0],
  ['Enviar más tarde', 'mas', 4],
  ['Close', '', 1],
])('%s for %j', (label, typed, points) => {
  expect(score(label, typed)).toBe(points)
})
