// A conversation for tests: Amina's, open, nobody's yet.
import type { Conversation } from '../api/types'

export function conversation(id: number, change: Partial<Conversation> = {}): Conversation {
  return {
    id,
    subject: 'Third time I am asking',
    desk_id: 1,
    desk_name: 'Support',
    channel: 'email',
    state: 'open',
    waiting_on: 'us',
    waiting_since: null,
    due_at: null,
    due_state: null,
    due_kind: null,
    team_id: 1,
    team_name: 'Orders',
    person_id: null,
    person_name: null,
    customer: { id: 1, name: 'Amina Okafor', address: 'amina@example.com' },
    preview: '',
    last_activity_at: `2026-03-02T10:${String(id).padStart(2, '0')}:00Z`,
    last_message_id: id,
    closed_at: null,
    created_at: '2026-03-02T09:00:00Z',
    snoozed_until: null,
    snooze_reason: null,
    muted: false,
    unread: false,
    message_count: 1,
    failed: false,
    bulk: false,
    language: 'en',
    rev: 1,
    linked_from: null,
    ...change,
  }
}
