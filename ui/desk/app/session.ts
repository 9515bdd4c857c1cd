// From "who are you" to a living desk: what to show first, starting the stream, and leaving without a trace.
import { api, sentence, whenSignedOut } from '../api/client'
import type { Boot, DemoSeat } from '../api/types'
import { cell } from '../store/cell'
import { lists } from '../store/lists'
import { inlined, loadList, loadThread, ready, takeIn } from '../store/load'
import { forgetResources } from '../store/resource'
import { follow } from '../store/stream'
import { trouble } from '../store/toasts'
import { forgetTruth, hearAll } from '../store/truth'
import { forget, me, now, selected, startClock } from '../store/world'
import { direction, pick, speak } from '../text/t'
import { keepTimeIn } from '../text/time'
import { go, home, view } from './go'
import { prefer, preferences } from './preferences'

export type Session =
  | { state: 'starting' | 'setup' | 'ready' }
  | { state: 'signed-out'; demo: DemoSeat | null }
  | { state: 'failed'; reason: string }

export const session = cell<Session>({ state: 'starting' })

// Every time on the screen is read from this person's own clock.
me.subscribe(() => {
  if (keepTimeIn(me.get()?.zone ?? '')) now.set(new Date())
})

let stopFollowing = () => {}
let stopClock = () => {}

/** Finds out where we stand, from the block in the page or else from the API. */
export async function start(): Promise<void> {
  whenSignedOut(() => session.get().state === 'ready' && leave())
  await learn(preferences.get().language)
  try {
    const boot = inlined()
    await (boot ? enter(boot) : ask())
  } catch (error) {
    session.set({ state: 'failed', reason: sentence(error) })
  }
}

/** Asks what may be asked by anybody, so that nobody who is not signed in is refused anything. */
async function ask(): Promise<void> {
  const { needed, signed_in, demo } = await api.get('/setup')
  if (signed_in) return await enter(await api.get('/boot'))
  session.set(needed ? { state: 'setup' } : { state: 'signed-out', demo: demo ?? null })
}

/** Opens the desk with what the server gave. */
export async function enter(boot: Boot): Promise<void> {
  takeIn(boot)
  prefer({ language: boot.me.language })
  await learn(boot.me.language)
  hearAll(boot.first.items)
  lists.set(boot.landing, ready(boot.first.items, boot.first.next))
  stopFollowing()
  stopFollowing = follow(boot.position, readAnew)
  stopClock()
  stopClock = startClock()
  session.set({ state: 'ready' })
}

/** After a sign-in or the set-up, the page holds no block: the API is asked. */
export async function enterFresh(): Promise<void> {
  await enter(await api.get('/boot'))
  if (/^\/(signin|setup|invite|inbox\/mine$)/.test(location.pathname)) go(home(), true)
}

/** Changes were missed: what is on the screen is read again, everything else when it is next looked at. */
function readAnew(): void {
  for (const key of lists.keys()) if (key !== view.get()) lists.delete(key)
  void loadList(view.get())
  const open = selected.get()
  if (open !== null) loadThread(open).catch(() => selected.set(null))
  api.get('/boot').then(takeIn, () => {})
}

/** Changes the language of the interface at once, here and on the server. */
export async function speakAs(language: string): Promise<void> {
  prefer({ language })
  await learn(language)
  session.set({ state: 'ready' })
  api.patch('/me', { language }).then(me.set, (error) => trouble(sentence(error)))
}

/** The way of the language, unless this person wants the desk laid out the other way. */
export function currentDirection(): 'ltr' | 'rtl' {
  const own = preferences.get().direction
  return own === 'auto' ? direction() : own
}

export function layOut(wanted: 'auto' | 'ltr' | 'rtl'): void {
  prefer({ direction: wanted })
  document.documentElement.dir = currentDirection()
  session.set({ state: 'ready' })
}

async function learn(wanted: string): Promise<void> {
  const language = pick(wanted ? [wanted] : navigator.languages)
  await speak(language).catch(() => speak('en'))
  document.documentElement.lang = language
  document.documentElement.dir = currentDirection()
}

export async function signOut(): Promise<void> {
  await api.delete('/sessions/current').catch(() => {})
  leave()
}

/** Nothing of a customer stays behind in this browser. */
function leave(): void {
  stopFollowing()
  stopClock()
  forget()
  forgetTruth()
  forgetResources()
  lists.clear()
  for (const key of Object.keys(localStorage)) if (key.startsWith('kept.draft.')) localStorage.removeItem(key)
  session.set({ state: 'signed-out', demo: null })
  ask().catch(() => {}) // only to offer a demo's seat again
}
