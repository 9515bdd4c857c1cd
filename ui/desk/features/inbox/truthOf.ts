import type { Conversation } from '../../api/types'
import { t } from '../../text/t'
import { due } from '../../text/time'

export type Truth = {
  kind: 'failed' | 'missed' | 'soon' | 'later' | 'snoozed' | 'waiting' | 'kept' | 'muted' | 'closed'
  text: string
}

/** What matters most about a conversation now: not delivered, then late, then soon due, then due, then at rest. */
export function truthOf(c: Conversation, now: Date): Truth | null {
  if (c.failed) return { kind: 'failed', text: t('row.failed') }
  if (c.state === 'closed') return { kind: 'closed', text: t('row.closed') }
  if (c.due_at) {
    const pressing = due(c.due_at, now)
    const missed = pressing.kind === 'missed' || c.due_state === 'missed'
    if (missed || !c.snoozed_until) return { kind: missed ? 'missed' : pressing.kind, text: pressing.text }
  }
  if (c.snoozed_until) return { kind: 'snoozed', text: '' }
  if (c.muted) return { kind: 'muted', text: t('row.muted') }
  if (c.waiting_on === 'customer') return { kind: 'waiting', text: t('row.waiting') }
  if (c.waiting_on === 'nobody') return { kind: 'kept', text: t('row.kept') }
  return null
}
