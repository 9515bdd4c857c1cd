import { Skeleton, Trouble } from '@kit'
import type { ReactNode } from 'react'
import type { Resource } from '../store/resource'
import { t } from '../text/t'

/** A screen that is read from top to bottom: a title, what it is for, its parts. */
export function Page({
  title,
  lead,
  action,
  children,
}: {
  title: string
  lead?: string
  action?: ReactNode
  children: ReactNode
}) {
  return (
    <main className="min-w-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex max-w-3xl flex-col gap-6 px-8 py-7 max-two:px-4 max-two:py-5">
        <header className="flex flex-wrap items-start gap-3">
          <div className="min-w-0 flex-1">
            <h1 className="text-page font-semibold tracking-[-0.01em]">{title}</h1>
            {lead && <p className="mt-0.5 text-body text-pretty text-ink-2">{lead}</p>}
          </div>
          {action}
        </header>
        {children}
      </div>
    </main>
  )
}

/** What a resource holds, or its waiting, or why it could not be read and a way to try again. */
export function Loaded<T>({ from, children }: { from: Resource<T>; children: (data: T) => ReactNode }) {
  if (from.data !== undefined) {
    return (
      <>
        {from.error && (
          <Trouble title={from.error} retry={{ label: t('action.retry'), run: () => void from.again() }} />
        )}
        {children(from.data)}
      </>
    )
  }
  if (from.error)
    return <Trouble title={from.error} retry={{ label: t('action.retry'), run: () => void from.again() }} />
  return <Skeleton lines={6} className="py-4" />
}

/** A framed group of lines. */
export function Card({ title, action, children }: { title?: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      {(title || action) && (
        <div className="flex min-h-7 items-center gap-2">
          {title && <h2 className="flex-1 text-body font-semibold">{title}</h2>}
          {action}
        </div>
      )}
      <div className="divide-y divide-line rounded-lg border border-line">{children}</div>
    </section>
  )
}
