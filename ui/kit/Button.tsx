import { LoaderCircle } from 'lucide-react'
import type { ButtonHTMLAttributes, ComponentType, ReactNode, Ref, SVGProps } from 'react'
import { cx } from './cx'
import { Kbd } from './Kbd'
import { Tip } from './Tip'

export type Icon = ComponentType<SVGProps<SVGSVGElement> & { size?: number | string }>

export type Tone = 'plain' | 'primary' | 'quiet' | 'danger' | 'note'

const tones: Record<Tone, string> = {
  plain: 'border-line bg-bg text-ink hover:bg-subtle hover:border-line-strong',
  primary: 'border-transparent bg-accent text-on-accent font-semibold hover:bg-accent-strong',
  quiet: 'border-transparent text-ink-2 hover:bg-sunken hover:text-ink',
  danger: 'border-line bg-bg text-broken hover:bg-broken-soft hover:border-broken',
  note: 'border-note bg-note-soft text-note font-semibold hover:bg-note hover:text-bg',
}

const shape =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border text-dense whitespace-nowrap select-none ' +
  'transition-colors disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-50'

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> & {
  children: ReactNode
  tone?: Tone
  icon?: Icon
  keys?: string | undefined
  busy?: boolean
  large?: boolean
  ref?: Ref<HTMLButtonElement>
}

/** A button with words. `keys` shows its shortcut, `busy` keeps its width and says so to screen readers. */
export function Button({ tone = 'plain', icon: Glyph, keys, busy, large, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={rest.disabled || busy}
      className={cx(shape, tones[tone], large ? 'h-9 px-4' : 'h-7 px-2.5', 'touch-target', className)}
    >
      {busy ? (
        <LoaderCircle size={14} className="animate-spin" aria-hidden />
      ) : (
        Glyph && <Glyph size={14} aria-hidden className="shrink-0" />
      )}
      {children}
      {keys && <Kbd keys={keys} inverse={tone === 'primary'} />}
    </button>
  )
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> & {
  icon: Icon
  label: string
  keys?: string | undefined
  tone?: Tone
  size?: number
  ref?: Ref<HTMLButtonElement>
}

/** A button with a picture only: its label is read aloud and shown on hover and focus, with its shortcut. */
export function IconButton({
  icon: Glyph,
  label,
  keys,
  tone = 'quiet',
  size = 16,
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tip text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={cx(shape, tones[tone], 'size-7 touch-target', className)}
      >
        <Glyph size={size} aria-hidden />
      </button>
    </Tip>
  )
}
