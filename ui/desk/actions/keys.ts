// Shortcuts as text: "e", "shift+e", "mod+k" (Ctrl, or ⌘ on a Mac), "g i" (one after the other).

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

/** One press in the words of the map. Shift is named for letters and named keys; "?" already says it. */
export function named(press: Press): string {
  const key = press.key === ' ' ? 'space' : press.key.toLowerCase()
  const letter = /^\p{L}$|^\w{2,}$/u.test(key)
  const digit = /^\d$/.test(key)
  const parts = []
  if (press.ctrlKey || press.metaKey) parts.push('mod')
  if (press.altKey) parts.push('alt')
  if (press.shiftKey && (letter || (digit && parts.length > 0))) parts.push('shift')
  return [...parts, key].join('+')
}

/** True where a single key means a letter: in a field, an editor, or a picture of one. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || target.closest('input, textarea, select, [contenteditable="true"]') !== null
}

/** Chords that mean something in a field too: with Ctrl or Alt held, and Escape. */
export const worksInFields = (keys: string) => /^(mod|alt)\+/.test(keys) || keys === 'escape'

/** How long the second key of "g i" may take. */
export const patience = 1200

export type Reader = (press: Press, at: number) => string[]

/**
 * Reads presses one by one and gives what each may mean, the longer meaning first: after "g", an "i" is "g i" or "i".
 * Time is an argument, in milliseconds.
 */
export function reader(): Reader {
  let before = ''
  let since = 0
  return (press, at) => {
    const key = named(press)
    if (['shift', 'control', 'alt', 'meta', 'mod+control', 'mod+meta', 'shift+shift', 'alt+alt'].includes(key))
      return []
    const meanings = before && at - since <= patience ? [`${before} ${key}`, key] : [key]
    before = key
    since = at
    return meanings
  }
}
