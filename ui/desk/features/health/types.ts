export type MailboxHealth = {
  id: number
  desk_name: string
  address: string
  host: string
  folder: string
  state: string
  last_fetched_at: string | null
  last_error: string | null
  lag_seconds: number
  stored_today: number
}

export type MailHealth = {
  mailboxes: MailboxHealth[]
  smtp: { listening: boolean; address: string; received_today: number; last_received_at: string | null }
  outgoing: { queued: number; failed: number; oldest_seconds: number }
  reconciliation: { at: string | null; ok: boolean; gaps: unknown[] } | null
  alarms: { id: number; kind: string; text: string; raised_at: string }[]
  quarantined: number
  set_aside: number
}
