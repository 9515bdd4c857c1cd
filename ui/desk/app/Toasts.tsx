import { CircleAlert, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useCell } from '../store/cell'
import { dismiss, type Toast, toasts } from '../store/toasts'
import { t } from '../text/t'

/** Seconds left, counted down once a second. */
function useLeft(until: number): number {
  const [left, setLeft] = useState(() => Math.ceil((until - Date.now()) / 1000))
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000))), 250)
    return () => clearInterval(timer)
  }, [until])
  return left
}

function Countdown({ until }: { until: number }) {
  const left = useLeft(until)
  return (
    <span aria-hidden className="tabular w-4 text-center text-meta opacity-70">
      {left}
    </span>
  )
}

function One({ toast }: { toast: Toast }) {
  const bad = toast.tone === 'trouble'
  return (
    <div className="pointer-events-auto flex min-h-10 w-full max-w-[440px] items-center gap-2 rounded-lg bg-ink py-1.5 ps-3 pe-1.5 text-dense text-bg shadow-overlay">
      {bad && <CircleAlert size={16} aria-hidden className="shrink-0" />}
      <span className="min-w-0 flex-1 text-pretty" dir="auto">
        {toast.text}
      </span>
      {toast.action && !bad && <Countdown until={toast.until} />}
      {toast.action && (
        <button
          type="button"
          onClick={() => {
            dismiss(toast.id)
            toast.action?.run()
          }}
          className="touch-target h-7 shrink-0 rounded-md border border-bg/40 px-2.5 font-semibold hover:bg-bg hover:text-ink"
        >
          {toast.action.label}
        </button>
      )}
      <button
        type="button"
        aria-label={t('action.dismiss')}
        onClick={() => dismiss(toast.id)}
        className="touch-target grid size-7 shrink-0 place-items-center rounded-md hover:bg-bg/20"
      >
        <X size={15} aria-hidden />
      </button>
    </div>
  )
}

/** The newest three, at the foot of the desk. Failures are read out at once, the rest when there is a pause. */
export function Toasts() {
  const list = useCell(toasts)
  const group = (tone: Toast['tone']) => list.filter((toast) => toast.tone === tone)
  return (
    <div className="pointer-events-none fixed inset-x-3 bottom-16 z-50 flex flex-col gap-2 two:end-auto two:bottom-4 two:w-[420px]">
      <div role="alert" className="contents">
        {group('trouble').map((toast) => (
          <One key={toast.id} toast={toast} />
        ))}
      </div>
      <div role="status" className="contents">
        {group('plain').map((toast) => (
          <One key={toast.id} toast={toast} />
        ))}
      </div>
    </div>
  )
}
