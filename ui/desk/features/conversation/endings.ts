import type { Key } from '../../text/t'

/** Why a conversation may end without an answer, in the API's words. */
export const endings = ['thanks', 'spam', 'wrong_address', 'newsletter', 'duplicate', 'other'] as const
export type EndingReason = (typeof endings)[number]

export const endingKey = (reason: string): Key =>
  (endings as readonly string[]).includes(reason) ? (`ending.${reason}` as Key) : 'ending.other'
