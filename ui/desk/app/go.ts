// Moving about: addresses are written after the paint, so that choosing a conversation costs no routing.
import { navigate } from 'wouter/use-browser-location'
import { cell } from '../store/cell'
import { counts, selected } from '../store/world'

/** The list now on the screen: "mine", "desk-3", "find-parcel". */
export const view = cell('mine')

let written = ''
let timer = 0

export function go(path: string, replace = false): void {
  clearTimeout(timer)
  navigate(path, { replace })
}

/** True where the address in the bar is one we wrote after showing it: nothing is left to do about it. */
export const oursAlready = (path: string) => path === written

export const pathOf = (inView: string, id: number | null) =>
  `/inbox/${encodeURIComponent(inView)}${id === null ? '' : `/${id}`}`

/** Where to begin: with one's own customers, or, while one has none, where new mail is seen to come. */
export const home = () => pathOf(counts.get().mine ? 'mine' : 'team', null)

const phone = () => window.matchMedia('(max-width: 760px)').matches

/** Shows a conversation of the current list (or none) now, and writes the address once it is painted. */
export function choose(id: number | null): void {
  const first = selected.get() === null
  selected.set(id)
  clearTimeout(timer)
  timer = window.setTimeout(() => {
    written = pathOf(view.get(), id)
    // On a phone the conversation covers the list: the browser's own way back must lead to the list.
    navigate(written, { replace: !(phone() && first && id !== null) })
  }, 60)
}

/** Goes to another list, with nothing chosen. */
export function goToView(next: string): void {
  selected.set(null)
  go(pathOf(next, null))
}
