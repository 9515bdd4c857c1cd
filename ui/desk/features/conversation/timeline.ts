// One line of time for everything that happened in a conversation: what was said, what was promised, what was done.
import type { Happening, Message, Promised, Thread } from '../../api/types'

export type Moment =
  | { kind: 'message'; key: string; at: string; message: Message; first: boolean }
  | { kind: 'event'; key: string; at: string; event: Happening; promise?: Promised | undefined }

const told = new Set([
  'conversation.assigned',
  'conversation.snoozed',
  'conversation.woken',
  'conversation.closed',
  'conversation.reopened',
  'conversation.muted',
  'promise.made',
  'promise.kept',
  'promise.missed',
  'promise.moved',
])

const sameWriter = (a: Message, b: Message) =>
  a.direction === b.direction && a.author.id === b.author.id && a.author.address === b.author.address

function promiseOf(event: Happening, promises: Promised[]): Promised | undefined {
  const id = Number(event.data?.promise_id ?? event.data?.id ?? 0)
  return promises.find((promise) => promise.id === id)
}

/** Answer promises come and go with every message: only the missed ones are news. A promise with words of its own is shown always. */
function worthTelling(event: Happening, promise: Promised | undefined): boolean {
  if (!told.has(event.kind)) return false
  if (!event.kind.startsWith('promise.')) return true
  return (
    event.kind === 'promise.missed' || (promise !== undefined && promise.kind !== 'reply' && promise.kind !== 'remind')
  )
}

export function timeline(thread: Thread): Moment[] {
  const said: Moment[] = thread.messages
    .filter((message) => message.state !== 'undone')
    .map((message, index, all) => {
      const previous = all[index - 1]
      return {
        kind: 'message',
        key: `m${message.id}`,
        at: message.at,
        message,
        first: !previous || !sameWriter(previous, message),
      }
    })
  const done: Moment[] = thread.events
    .map((event) => ({ event, promise: promiseOf(event, thread.promises) }))
    .filter(({ event, promise }) => worthTelling(event, promise))
    .map(({ event, promise }) => ({ kind: 'event', key: `e${event.position}`, at: event.at, event, promise }))
  return [...said, ...done].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
