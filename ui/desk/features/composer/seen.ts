// What somebody had read when the first word of an answer was typed. What comes while it is written appears above it, perhaps
// unnoticed: the server is told the older mark, and says who wrote in between before anything is sent.
import { threads } from '../../store/world'
import { newestSeen } from './rules'

const begun = new Map<number, number | undefined>()

const newest = (id: number) => newestSeen(threads.get(id)?.messages ?? [])

/** Notes that somebody begins to write, unless it is noted already. */
export function begin(id: number): void {
  if (!begun.has(id)) begun.set(id, newest(id))
}

/** The newest message that the writer is known to have read. */
export function seenMark(id: number): number | undefined {
  return begun.has(id) ? begun.get(id) : newest(id)
}

/** The answer left, was dropped, or its writer has been told what came: the next one begins anew. */
export function settle(id: number): void {
  begun.delete(id)
}
