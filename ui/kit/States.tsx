import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { Button, type Icon } from './Button'
import { cx } from './cx'

/** True once a wait has lasted 150 ms: shorter ones show nothing, so that nothing flickers. */
function useLate(ms = 150): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return late
}

const widths = ['w-3/5', 'w-4/5', 'w-2/3', 'w-1/2', 'w-3/4']

/** Grey lines where text will stand, at its real height. */
export function Skeleton({ lines = 3, className }: { lines?: number; className?: string }) {
  const late = useLate()
  return (
    <div aria-hidden className={cx('flex flex-col gap-2', !late && 'invisible', className)}>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never move
        <div key={index} className={cx('h-3 animate-pulse rounded-sm bg-sunken', widths[index % widths.length])} />
      ))}
    </div>
  )
}

type EmptyProps = { icon?: Icon; title: string; text?: ReactNode; action?: ReactNode; compact?: boolean }

/** Nothing here: what that means, and the one thing to do about it. */
export function Empty({ icon: Glyph, title, text, action, compact }: EmptyProps) {
  return (
    <div
      className={cx(
        'mx-auto flex max-w-80 flex-col items-center justify-center gap-1 px-4 text-center',
        compact ? 'py-8' : 'h-full min-h-48 py-12',
      )}
    >
      {Glyph && <Glyph size={28} strokeWidth={1.5} aria-hidden className="mb-2 text-ink-2" />}
      <p className="text-body font-medium text-balance">{title}</p>
      {text && <p className="text-dense text-balance text-ink-2">{text}</p>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  )
}

type TroubleProps = { title: string; text?: ReactNode; retry?: { label: string; run: () => void } | undefined }

/** Something went wrong: what happened, what is safe, and what to do next. */
export function Trouble({ title, text, retry }: TroubleProps) {
  return (
    <div role="alert" className="flex items-start gap-2.5 rounded-lg bg-broken-soft px-3 py-2.5 text-dense">
      <TriangleAlert size={16} aria-hidden className="mt-px shrink-0 text-broken" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {text && <p className="text-ink-2">{text}</p>}
      </div>
      {retry && <Button onClick={retry.run}>{retry.label}</Button>}
    </div>
  )
}
