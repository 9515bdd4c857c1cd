// The shapes the workspace reads, as the API gives them. Times are RFC 3339 text, ids are numbers.
export type Customer = { id: number; name: string; address: string }

export type Conversation = {
  id: number
  subject: string
  desk_id: number
  desk_name: string
  channel: string
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
  last_message_id: number
  created_at: string
  closed_at: string | null
  snoozed_until: string | null
  snooze_reason: string | null
  muted: boolean
  unread: boolean
  message_count: number
  failed: boolean
  bulk: boolean
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
  state: 'received' | 'queued' | 'sending' | 'sent' | 'failed' | 'bounced' | 'undone' | 'written'
  send_at: string | null
  sent_at: string | null
  delivered: boolean
  error: string | null
  kind: string
  text: string
  visible_text: string
  html: string
  html_folded: string
  remote_images: number
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
  theme: 'system' | 'light' | 'dark'
  desks: Desk[]
  teams: Team[]
  away: boolean
  company: string
  scopes: string[]
  demo: boolean
  version: string
}

export type Page<T> = { items: T[]; next: string | null }
export type Counts = Record<string, number>

export type Team = { id: number; name: string; person_ids: number[] }

export type Person = {
  id: number
  name: string
  email: string
  role: 'owner' | 'lead' | 'agent'
  state: 'active' | 'disabled'
  zone: string
  language: string
  away: boolean
  team_ids: number[]
}

export type Desk = {
  id: number
  name: string
  address: string
  aliases: string[]
  team_id: number
  calendar_id: number
  from_name: string
  language: string
  signature_text: string
  signature_html: string
  first_reply_minutes: number
  next_reply_minutes: number
  acknowledge: boolean
  reply_token: boolean
  quote_history: boolean
  transport: 'smtp' | 'hold'
  smtp: { host: string; port: number; security: 'tls' | 'starttls' | 'none'; user: string; has_password: boolean }
  dkim: { domain: string; selector: string; has_key: boolean }
  trusted_authserv: string
  archived: boolean
}

export type Calendar = {
  id: number
  name: string
  zone: string
  country: string
  hours: { from: number; to: number }[][]
  holidays: { date: string; name: string; own?: boolean }[]
}

export type Boot = {
  me: Me
  counts: Counts
  views: string[]
  desks: Desk[]
  teams: Team[]
  people: Person[]
  first: Page<Conversation>
  position: string
}

export type Mailbox = {
  id: number
  desk_id: number
  host: string
  port: number
  security: 'tls' | 'starttls' | 'none'
  username: string
  auth: 'password' | 'xoauth2'
  token_url: string
  client_id: string
  folders: string[]
  enabled: boolean
  state: string
  last_fetched_at: string | null
  last_error: string | null
}
