// What the browser knows of the desk. Written by the API's answers and by the live stream; read by the screens.
import type { Conversation, Counts, Desk, Me, Person, Team, Thread } from '../api/types'
import { cell, table } from './cell'

export const me = cell<Me | null>(null)
export const counts = cell<Counts>({})
export const desks = cell<Desk[]>([])
export const teams = cell<Team[]>([])
export const people = cell<Person[]>([])

export const conversations = table<number, Conversation>()
export const threads = table<number, Thread>(200)

/** The conversation on the screen; its address is written after the paint. */
export const selected = cell<number | null>(null)
/** Rows ticked for doing one thing to many. */
export const checked = cell<ReadonlySet<number>>(new Set())

export type Connection = 'live' | 'connecting' | 'offline'
export const connection = cell<Connection>('connecting')

/** The present, moving every 20 seconds so that "18m" stays true. */
export const now = cell(new Date())

export function startClock(): () => void {
  const timer = setInterval(() => now.set(new Date()), 20_000)
  return () => clearInterval(timer)
}

/** Forgets everything: after a sign-out, customers' words do not stay in the page. */
export function forget(): void {
  me.set(null)
  counts.set({})
  desks.set([])
  teams.set([])
  people.set([])
  conversations.clear()
  threads.clear()
  selected.set(null)
  checked.set(new Set())
}
