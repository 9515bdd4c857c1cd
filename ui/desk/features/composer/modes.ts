// Which of the two things is being written, and where. A reply goes to the customer; a note never leaves the house.
// The two keep separate texts, so that words meant for colleagues cannot become a reply by one slip.
import { cell, table } from '../../store/cell'

export type Mode = 'reply' | 'note'

export const modes = table<number, Mode>()

/** Moves on every wish to write, so that the composer of that conversation takes the focus. */
export const wish = cell<{ id: number; count: number }>({ id: 0, count: 0 })

export function startWriting(id: number, mode: Mode): void {
  modes.set(id, mode)
  wish.set((old) => ({ id, count: old.count + 1 }))
}
