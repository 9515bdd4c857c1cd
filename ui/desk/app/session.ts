// From "who are you" to a living desk: what to show first, starting the stream, and leaving without a trace.
import { api, Problem, sentence, whenSignedOut } from '../api/client'
import type { Boot } from '../api/types'
import { cell } from '../store/cell'
import { lists } from '../store/lists'
import { inlined, loadList, loadThread, ready, takeIn } from '../store/load'
import { forgetResources } from '../store/resource'
import { follow } from '../store/stream'
import { trouble } from '../store/toasts'
import { forgetTruth, hearAll } from '../store/truth'
import { forget, selected, startClock } from '../store/world'
import { direction, pick, speak } from '../text/t'
import { go, view } from './go'
import { prefer, preferences } from './preferences'

export type Session = { state: 'starting' | 'setup' | 'signed-out' | 'ready' } | { state: 'failed'; reason: string }

export const session = cell<Session>({ state: 'starting' })

let stopFollowing = () => {}
let stopClock = () => {}

/** Finds out where we stand, from the block in the page or else from the API. */
export async function start(): Promise<void> {
  whenSignedOut(() => session.get().state === 'ready' && leave())
  await learn(preferences.get().language)
  try {
    const boot = inlined()
    if (boot) return await enter(boot)
    await enter(await api.get('/boot'))
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return await askForSetup()
    session.set({ state: 'failed', reason: sentence(error) })
  }
}

async function askForSetup(): Promise<void> {
  const { needed } = await api.get('/setup')
  session.set({ state: needed ? 'setup' : 'signed-out' })
}

/** Opens the desk with what the server gave. */
export async function enter(boot: Boot): Promise<void> {
  takeIn(boot)
  const language = preferences.get().language || boot.me.language
  await learn(language)
  hearAll(boot.first.items)
  lists.set('mine', ready(boot.first.items, boot.first.next))
  stopFollowing()
  stopFollowing = follow(boot.position, readAnew)
  stopClock()
  stopClock = startClock()
  session.set({ state: 'ready' })
}

/** After a sign-in or the set-up, the page holds no block: the API is asked. */
export async function enterFresh(): Promise<void> {
  await enter(await api.get('/boot'))
  if (/^\/(signin|setup|invite)/.test(location.pathname)) go('/inbox/mine', true)
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
  if (language) api.patch('/me', { language }).catch((error) => trouble(sentence(error)))
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
  session.set({ state: 'signed-out' })
}
