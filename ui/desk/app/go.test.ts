import { afterEach, expect, test } from 'vitest'
import { counts } from '../store/world'
import { home } from './go'

afterEach(() => counts.set({}))

test.each([
  ['a newcomer sees mail come', { team: 4, unassigned: 4 }, '/inbox/team'],
  ['nobody of mine, said so', { mine: 0, team: 1 }, '/inbox/team'],
  ['somebody is mine', { mine: 1, team: 9 }, '/inbox/mine'],
  ['nothing is known yet', {}, '/inbox/team'],
])('%s', (_, numbers: Record<string, number>, place) => {
  counts.set(numbers)
  expect(home()).toBe(place)
})
