// The shapes the workspace reads, as the API gives them. Times are RFC 3339 text, ids are numbers.
export type Customer = { id: number; name: string; address: string }

export type Conversation = {
  id: number
  subject: string
  desk_id: number
  desk_name: string
  state: 'open' | 'resting' | 'closed'
  waiting_on: 'us' | 'customer' | 'third_party' | 'nobody'
  waiting_since: string | null
  due_at: string | null
  due_state: 'active' | 'missed' | null
  due_kind: string | null
  team_id: number | null
  team_name: string | null
  person_id: number | null
  person_name: string | null
  customer: Customer
  preview: string
  last_activity_at: string
  created_at: string
  snoozed_until: string | null
  snooze_reason: string | null
  muted: boolean
  unread: boolean
  message_count: number
  failed: boolean
  language: string | null
  rev: number
  linked_from: number | null
}

export type Address = { name: string; address: string }

export type Attachment = {
  id: number
  name: string
  type: string
  size: number
  inline: boolean
  content_id: string | null
  url: string
}

export type Message = {
  id: number
  conversation_id: number
  direction: 'in' | 'out' | 'note' | 'system'
  author: { kind: string; id: number | null; name: string; address: string }
  to: Address[]
  cc: Address[]
  bcc: Address[]
  subject: string
  at: string
  state: 'received' | 'queued' | 'sending' | 'sent' | 'failed' | 'bounced' | 'undone'
  send_at: string | null
  error: string | null
  kind: string
  text: string
  visible_text: string
  html: string
  html_folded: string
  remote_images: boolean | number
  interleaved: boolean
  auth: { dkim?: string; spf?: string; dmarc?: string } | null
  attachments: Attachment[]
  has_raw: boolean
  auto: boolean
}

export type Promised = {
  id: number
  conversation_id: number
  kind: string
  what: string
  state: string
  due_at: string | null
  made_at: string
  settled_at: string | null
  team_name: string | null
  person_id: number | null
  person_name: string | null
  reason: string | null
  source_message_id: number | null
  evidence_message_id: number | null
}

export type Happening = {
  position: string
  at: string
  kind: string
  actor: { kind: string; id: number | null; name: string }
  data: Record<string, unknown> | null
}

export type Thread = {
  conversation: Conversation
  messages: Message[]
  promises: Promised[]
  participants: (Address & { role?: string })[]
  events: Happening[]
}

export type Me = {
  id: number
  name: string
  email: string
  role: 'owner' | 'lead' | 'agent'
  zone: string
  language: string
  theme: string
  desks: { id: number; name: string }[]
  teams: { id: number; name: string }[]
  demo: boolean
}

export type Page<T> = { items: T[]; next: string | null }
export type Counts = Record<string, number>
