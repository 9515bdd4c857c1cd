// Optimistic changes: what is shown is what the server last said, with our own pending changes laid over it.
import type { Conversation } from '../api/types'
import { batch } from './cell'
import { conversations } from './world'

type Change = Partial<Conversation>

const said = new Map<number, Conversation>()
const pending = new Map<number, Change[]>()

function show(id: number): void {
  const base = said.get(id)
  if (!base) return
  const changes = pending.get(id) ?? []
  conversations.set(id, changes.length ? Object.assign({}, base, ...changes) : base)
}

/** Takes in what the server says. An older revision than the one we have is late news and is left out. */
export function hear(conversation: Conversation): void {
  const old = said.get(conversation.id)
  if (old && old.rev > conversation.rev) return
  said.set(conversation.id, conversation)
  show(conversation.id)
}

export function hearAll(list: Conversation[]): void {
  batch(() => {
    for (const conversation of list) hear(conversation)
  })
}

/** No longer ours to see. */
export function unhear(id: number): void {
  said.delete(id)
  pending.delete(id)
  conversations.delete(id)
}

/** Shows `change` at once while `ask` runs. If the server agrees it stays until newer news; if not, it goes and the error passes on. */
export async function assume<T>(id: number, change: Change, ask: () => Promise<T>): Promise<T> {
  pending.set(id, [...(pending.get(id) ?? []), change])
  show(id)
  try {
    const answer = await ask()
    const base = said.get(id)
    if (base) said.set(id, { ...base, ...change })
    return answer
  } finally {
    const rest = (pending.get(id) ?? []).filter((other) => other !== change)
    if (rest.length) pending.set(id, rest)
    else pending.delete(id)
    show(id)
  }
}

export function forgetTruth(): void {
  said.clear()
  pending.clear()
}
