import { cx } from './cx'

const hues = [
  'bg-accent-soft text-accent',
  'bg-kept-soft text-kept',
  'bg-risk-soft text-risk',
  'bg-recovery-soft text-recovery',
  'bg-note-soft text-note',
]

/** Up to two letters that stand for a name: first and last word, or the first letter of an address. */
export function initials(name: string): string {
  const words = name
    .replace(/[<>"'()]/g, ' ')
    .split(/[\s@._-]+/u)
    .filter((word) => /^\p{L}|\p{N}/u.test(word))
  const first = [...(words[0] ?? '')][0] ?? '?'
  const last = name.includes('@') || words.length < 2 ? '' : ([...(words.at(-1) ?? '')][0] ?? '')
  return (first + last).toLocaleUpperCase()
}

function hue(name: string): string {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973
  return hues[sum % hues.length] ?? ''
}

/** A person as letters on a quiet colour; decoration beside the written name, so it is not read aloud. */
export function Avatar({ name, size = 'md' }: { name: string; size?: 'sm' | 'md' | 'lg' }) {
  const box = size === 'sm' ? 'size-5 text-[9px]' : size === 'md' ? 'size-7 text-label' : 'size-10 text-body'
  return (
    <span
      aria-hidden
      className={cx('inline-grid shrink-0 place-items-center rounded-pill font-semibold select-none', box, hue(name))}
    >
      {initials(name)}
    </span>
  )
}
