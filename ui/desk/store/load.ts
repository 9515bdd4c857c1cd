// Asking the API for what a screen needs, into the tables that the screens read.
import { api, Problem, sentence } from '../api/client'
import type { Boot, Conversation, Thread } from '../api/types'
import { batch } from './cell'
import { emptyList, type ListState, lists, place, queryOf } from './lists'
import { hear, hearAll } from './truth'
import { conversations, counts, desks, me, people, selected, teams, threads } from './world'

/** Takes in what the first page, or GET /boot, carries. */
export function takeIn(boot: Boot): void {
  batch(() => {
    me.set(boot.me)
    counts.set(boot.counts)
    desks.set(boot.desks)
    teams.set(boot.teams)
    people.set(boot.people)
  })
}

/** The block that the server wrote into the page, or null where it wrote none (signed out, or an older server). */
export function inlined(): Boot | null {
  const block = document.getElementById('boot')
  try {
    return block ? (JSON.parse(block.textContent ?? 'null') as Boot | null) : null
  } catch {
    return null
  }
}

const page = 50

export async function loadList(view: string): Promise<void> {
  const old = lists.get(view)
  lists.set(view, { ...(old ?? emptyList), status: old?.ids.length ? old.status : 'loading', error: null })
  try {
    const answer = await api.get('/conversations', { ...queryOf(view), limit: page })
    batch(() => {
      hearAll(answer.items)
      lists.set(view, ready(answer.items, answer.next))
    })
  } catch (error) {
    lists.patch(view, (list) => ({ ...list, status: 'failed', error: sentence(error) }))
  }
}

export const ready = (items: Conversation[], next: string | null): ListState => ({
  ids: items.map((item) => item.id),
  held: [],
  next,
  status: 'ready',
  error: null,
})

const reaching = new Set<string>()

/** The next page of a list, once at a time. */
export async function loadMore(view: string): Promise<void> {
  const list = lists.get(view)
  if (!list?.next || reaching.has(view)) return
  reaching.add(view)
  try {
    const answer = await api.get('/conversations', {
      ...queryOf(view),
      limit: page,
      cursor: list.next,
    })
    batch(() => {
      hearAll(answer.items)
      lists.patch(view, (now) => {
        const known = new Set(now.ids)
        const fresh = answer.items.map((item) => item.id).filter((id) => !known.has(id))
        return { ...now, ids: [...now.ids, ...fresh], next: answer.next }
      })
    })
  } catch (error) {
    lists.patch(view, (now) => ({ ...now, error: sentence(error) }))
  } finally {
    reaching.delete(view)
  }
}

/** Shows the rows that were held back while the list stood still, in their right places. */
export function releaseHeld(view: string): void {
  const list = lists.get(view)
  if (!list?.held.length) return
  batch(() => {
    lists.set(view, { ...list, held: [] })
    for (const id of list.held) {
      const conversation = conversations.get(id)
      if (conversation) placeEverywhere(conversation, false, view)
    }
  })
}

/** Puts a changed conversation where it now belongs, in every list that is loaded (or in one). */
export function placeEverywhere(conversation: Conversation, still: boolean, only?: string): void {
  const myId = me.get()?.id ?? 0
  for (const view of only ? [only] : lists.keys()) {
    const list = lists.get(view)
    if (list?.status !== 'ready') continue
    lists.set(
      view,
      place(view, list, conversation, { myId, still, reading: selected.get(), look: (id) => conversations.get(id) }),
    )
  }
}

const asking = new Map<number, Promise<Thread>>()

/** A whole conversation. Asked for once at a time, kept for the next look. */
export function loadThread(id: number): Promise<Thread> {
  const running = asking.get(id)
  if (running) return running
  const ask = api
    .get(`/conversations/${id}`)
    .then((thread) => {
      batch(() => {
        hear(thread.conversation)
        threads.set(id, thread)
      })
      return thread
    })
    .finally(() => asking.delete(id))
  asking.set(id, ask)
  return ask
}

/** Fetches the neighbours of a conversation while nothing else is to do, so that the next one opens at once. */
export function prefetch(ids: number[]): void {
  const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 200))
  idle(() => {
    for (const id of ids) {
      if (!threads.get(id)) loadThread(id).catch(ignoreMissing)
    }
  })
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Problem)) throw error
}
