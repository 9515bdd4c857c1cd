import type { Promised } from '../../api/types'
import { t } from '../../text/t'
import { due } from '../../text/time'

/** Answers are owed by rule and named in the reader's language; a promise somebody made keeps the words it was made in. */
export function words({ kind, what }: Pick<Promised, 'kind' | 'what'>, subject: string | undefined): string {
  if (kind === 'reply' && subject) return t('promise.answerTo', { subject })
  return what || t(kind === 'remind' ? 'promise.kind.remind' : 'promise.kind.reply')
}

/** What became of it, as it is told: late the moment it is, and an answer that nobody needs is not "put aside". */
export function stateOf({ kind, state, due_at }: Pick<Promised, 'kind' | 'state' | 'due_at'>, now: Date): string {
  if (state === 'active' && due_at !== null && due(due_at, now).kind === 'missed') return 'missed'
  return state === 'dismissed' && kind === 'reply' ? 'noAnswer' : state
}
