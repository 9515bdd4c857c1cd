import type { ReactNode } from 'react'
import type { Icon } from './Button'
import { cx } from './cx'

export type ChipTone = 'due' | 'kept' | 'risk' | 'broken' | 'recovery' | 'note' | 'calm'

const tones: Record<ChipTone, string> = {
  due: 'bg-accent-soft text-accent',
  kept: 'bg-kept-soft text-kept',
  risk: 'bg-risk-soft text-risk',
  broken: 'bg-broken-soft text-broken',
  recovery: 'bg-recovery-soft text-recovery',
  note: 'bg-note-soft text-note',
  calm: 'bg-sunken text-ink-2',
}

/** One truth in a pill: a colour, an icon and words, so that none of them has to carry it alone. */
export function Chip({ tone, icon: Glyph, children }: { tone: ChipTone; icon?: Icon; children: ReactNode }) {
  return (
    <span
      className={cx(
        'inline-flex h-[18px] max-w-full shrink-0 items-center gap-1 rounded-pill px-[7px] text-label font-medium whitespace-nowrap',
        tones[tone],
      )}
    >
      {Glyph && <Glyph size={11} strokeWidth={2.5} aria-hidden className="shrink-0" />}
      <span className="truncate">{children}</span>
    </span>
  )
}
