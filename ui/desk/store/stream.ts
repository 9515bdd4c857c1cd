// The live stream. One tab of a browser reads it and passes what it hears to the others, because a browser allows only a
// few connections to one address. Which tab that is, a lock decides: when it closes, the next one goes on.
import { url } from '../api/client'
import type { Conversation, Counts } from '../api/types'
import { batch } from './cell'
import { loadThread, placeEverywhere } from './load'
import { hear, unhear } from './truth'
import { type Connection, connection, conversations, counts, selected, threads } from './world'

export type Change = {
  kind: string
  at: string
  conversation_id: number | null
  conversation: Conversation | null
  message_id: number | null
  counts?: Counts
}

type Spoken = { change?: Change; state?: Connection; again?: true }

const listeners = new Set<(change: Change) => void>()

/** Calls `run` for every change of the desk, for screens that show other things than conversations. */
export function onChange(run: (change: Change) => void): () => void {
  listeners.add(run)
  return () => listeners.delete(run)
}

let still: () => boolean = () => false

/** Says how to know whether somebody is reading a list right now, so that its order holds still. */
export function holdStill(ask: () => boolean): void {
  still = ask
}

/** Takes one change in: the conversation, the lists it is in, the counts, and the thread where it is open. */
export function apply(change: Change): void {
  batch(() => {
    if (change.counts) counts.set(change.counts)
    if (change.conversation) {
      hear(change.conversation)
      const shown = conversations.get(change.conversation.id)
      if (shown) placeEverywhere(shown, still())
    } else if (change.conversation_id && change.kind !== 'hello') {
      unhear(change.conversation_id)
    }
    if (change.conversation_id) refresh(change.conversation_id)
  })
  for (const run of listeners) run(change)
}

const soon = new Map<number, ReturnType<typeof setTimeout>>()

/** An open thread is asked for again, once for a burst of changes; one in the cache is forgotten. */
function refresh(id: number): void {
  if (selected.get() !== id) {
    threads.delete(id)
    return
  }
  clearTimeout(soon.get(id))
  soon.set(
    id,
    setTimeout(() => {
      soon.delete(id)
      if (conversations.get(id)) loadThread(id).catch(() => connection.set('connecting'))
    }, 60),
  )
}

/** Follows the desk from `position`. `again` is called when changes were missed and all must be read anew. */
export function follow(position: string, again: () => void): () => void {
  const channel = new BroadcastChannel('kept.stream')
  const stop = new AbortController()
  let source: EventSource | null = null
  const take = (spoken: Spoken) => {
    if (spoken.state) connection.set(spoken.state)
    if (spoken.change) apply(spoken.change)
    if (spoken.again) again()
  }
  const say = (spoken: Spoken) => {
    take(spoken)
    channel.postMessage(spoken)
  }
  channel.onmessage = (event) => take(event.data as Spoken)
  connection.set('live')

  const lead = () =>
    new Promise<void>((done) => {
      const connect = (after: boolean) => {
        if (stop.signal.aborted) return
        source = open(position, after, say, () => setTimeout(connect, patience, true))
      }
      connect(false)
      stop.signal.addEventListener('abort', () => {
        source?.close()
        done()
      })
    })
  if (navigator.locks) navigator.locks.request('kept.stream', { signal: stop.signal }, lead).catch(() => {})
  else void lead()

  return () => {
    stop.abort()
    channel.close()
  }
}

/** How long to wait before asking a server that refused the stream once more, in milliseconds. */
const patience = 5000

/**
 * Opens the stream. A broken line EventSource mends by itself, saying where it was; a refusal (a server that is just
 * starting, a session that ended) it takes for final, so `refused` is called, and after the next hello all is read anew.
 */
function open(position: string, after: boolean, say: (spoken: Spoken) => void, refused: () => void): EventSource {
  const source = new EventSource(url('/stream', { after: position }))
  source.addEventListener('hello', () => say({ state: 'live', ...(after ? { again: true as const } : {}) }))
  source.addEventListener('reset', () => say({ again: true }))
  source.addEventListener('change', (event) =>
    say({ change: JSON.parse((event as MessageEvent<string>).data) as Change }),
  )
  source.onerror = () => {
    say({ state: navigator.onLine ? 'connecting' : 'offline' })
    if (source.readyState === EventSource.CLOSED) refused()
  }
  return source
}
