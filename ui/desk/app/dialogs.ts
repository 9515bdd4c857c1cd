// The one question that is open over the desk, if any.
import type { Address } from '../api/types'
import { cell } from '../store/cell'

export type Question =
  | { kind: 'palette' }
  | { kind: 'keys' }
  | { kind: 'compose'; to?: Address }
  | { kind: 'assign' | 'snooze' | 'close'; ids: number[]; next?: boolean }

export const question = cell<Question | null>(null)
export const ask = (next: Question) => question.set(next)
export const answered = () => question.set(null)
