// Short news at the foot of the desk: what was done and how to take it back, or what failed and what to do.
import { cell } from './cell'

export type Toast = {
  id: number
  tone: 'plain' | 'trouble'
  text: string
  action?: { label: string; run: () => void } | undefined
  /** When it goes by itself, in milliseconds since the epoch; 0 for "when it is put away". */
  until: number
  /** For a countdown: how long it was given. */
  span: number
}

export const toasts = cell<Toast[]>([])

let last = 0

/** Shows a toast. With an `undo`, it can be taken back for `span` milliseconds. Returns its id. */
export function toast(text: string, options: Partial<Pick<Toast, 'tone' | 'action' | 'span'>> = {}): number {
  const { tone = 'plain', action, span = tone === 'trouble' ? 12_000 : 5_000 } = options
  const id = ++last
  toasts.set((list) => [...list.slice(-2), { id, tone, text, action, span, until: Date.now() + span }])
  setTimeout(() => dismiss(id), span)
  return id
}

export const trouble = (text: string, action?: Toast['action']) => toast(text, { tone: 'trouble', action })

export function dismiss(id: number): void {
  toasts.set((list) => (list.some((entry) => entry.id === id) ? list.filter((entry) => entry.id !== id) : list))
}

/** The newest toast that can be taken back: what Z and Ctrl+Z do. */
export function undoLast(): boolean {
  const found = toasts.get().findLast((entry) => entry.tone === 'plain' && entry.action)
  if (!found) return false
  dismiss(found.id)
  found.action?.run()
  return true
}
