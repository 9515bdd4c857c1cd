import { cx } from './cx'

const apple = /Mac|iP(hone|ad)/.test(globalThis.navigator?.platform ?? '')

const names: Record<string, string> = apple
  ? { mod: '⌘', shift: '⇧', alt: '⌥', enter: '↵', escape: 'Esc', arrowdown: '↓', arrowup: '↑' }
  : { mod: 'Ctrl', shift: 'Shift', alt: 'Alt', enter: '↵', escape: 'Esc', arrowdown: '↓', arrowup: '↑' }

/** "shift+e" → "Shift E", "g i" → "G I": a shortcut as a person reads it. */
export function readable(keys: string): string {
  return keys
    .split(/[+ ]/)
    .map((key) => names[key.toLowerCase()] ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(' ')
}

/** A key hint. Hidden from assistive technology (aria-keyshortcuts says it there) and on touch screens. */
export function Kbd({ keys, inverse }: { keys: string; inverse?: boolean }) {
  return (
    <kbd
      aria-hidden
      className={cx(
        'ms-0.5 rounded-sm border px-1 font-sans text-label font-medium pointer-coarse:hidden',
        inverse ? 'border-current/40 text-current' : 'border-line bg-bg text-ink-2',
      )}
    >
      {readable(keys)}
    </kbd>
  )
}
