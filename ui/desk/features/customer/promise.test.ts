import { expect, test } from 'vitest'
import { stateOf, words } from './promise'

const now = new Date('2026-03-03T14:00:00Z')
const before = '2026-03-03T13:59:00Z'
const after = '2026-03-03T14:01:00Z'

test.each([
  ['late before the server says so', 'reply', 'active', before, 'missed'],
  ['still in time', 'refund', 'active', after, 'active'],
  ['kept, however long ago it was due', 'reply', 'kept', before, 'kept'],
  ['an answer that nobody needs', 'reply', 'dismissed', before, 'noAnswer'],
  ['a refund that nobody needs', 'refund', 'dismissed', before, 'dismissed'],
])('%s', (_, kind, state, due_at, told) => expect(stateOf({ kind, state, due_at }, now)).toBe(told))

test.each([
  ['reply', 'An answer to “x”', 'My parcel', 'An answer to “My parcel”'],
  ['reply', 'An answer to “x”', undefined, 'An answer to “x”'],
  ['reply', '', undefined, 'Answer'],
  ['remind', '', 'My parcel', 'Come back to this'],
  ['refund', 'Your money by Friday', 'My parcel', 'Your money by Friday'],
])('a %s of %j about %j is %j', (kind, what, subject, said) => expect(words({ kind, what }, subject)).toBe(said))
