// The shapes the workspace reads, under the names it uses: all of them as the API describes itself (schema.d.ts).
import type { components } from './schema'

type Schemas = components['schemas']

export type Address = Schemas['Address']
export type Arrival = Schemas['Arrival']
export type Attachment = Schemas['Attachment']
export type Boot = Schemas['Boot']
export type Calendar = Schemas['Calendar']
export type Change = Schemas['Change']
export type Conversation = Schemas['Conversation']
export type Counts = Record<string, number>
export type CustomerFacts = Schemas['Customer']
export type CustomerPage = Schemas['CustomerPage']
export type DemoSeat = Schemas['DemoSeat']
export type Desk = Schemas['Desk']
export type Happening = Omit<Schemas['Happening'], 'data'> & { data: Record<string, unknown> | null }
export type Mailbox = Schemas['Mailbox']
export type MailHealth = Schemas['MailHealth']
export type MailboxHealth = Schemas['MailboxHealth']
export type Me = Schemas['Me']
export type Message = Omit<Schemas['Message'], 'auth'> & {
  auth: { dkim?: string; spf?: string; dmarc?: string } | null
}
export type Person = Schemas['Person']
export type Promised = Schemas['Promise']
export type Sent = Schemas['Sent']
export type Team = Schemas['Team']
export type Tried = Schemas['Tried']
export type Thread = Omit<Schemas['Thread'], 'messages' | 'events'> & { messages: Message[]; events: Happening[] }
