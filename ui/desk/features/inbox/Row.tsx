import { cx } from '@kit'
import { Check } from 'lucide-react'
import { type MouseEvent, useCallback } from 'react'
import { choose } from '../../app/go'
import { useCell, usePart, useRow } from '../../store/cell'
import { checked, conversations, now, selected } from '../../store/world'
import { t } from '../../text/t'
import { ago, fully } from '../../text/time'
import { tick, tickTo } from '../conversation/verbs'
import { RowChip } from './RowChip'

type RowProps = { id: number; view: string; index: number; count: number; compact: boolean }

/** One conversation: who, when, about what, the most urgent truth, and the customer's own last words. */
export function Row({ id, view, index, count, compact }: RowProps) {
  const c = useRow(conversations, id)
  const chosen = usePart(
    selected,
    useCallback((reading) => reading === id, [id]),
  )
  const ticked = usePart(
    checked,
    useCallback((set) => set.has(id), [id]),
  )
  const present = useCell(now)
  if (!c) return null
  const height = compact ? 44 : 68
  const click = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey) tick(id)
    else if (event.shiftKey) tickTo(id)
    else choose(id)
  }
  const name = c.customer.name || c.customer.address
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box above holds the keyboard
    <div
      id={`row-${id}`}
      role="option"
      tabIndex={-1}
      aria-selected={ticked || chosen}
      aria-setsize={count}
      aria-posinset={index + 1}
      onClick={click}
      ref={(node) => node?.style.setProperty('top', `${index * height}px`)}
      className={cx(
        'group absolute inset-x-0 cursor-pointer border-b border-line ps-6 pe-3 outline-none select-none',
        compact ? 'h-11 py-1' : 'h-[68px] py-1.5',
        chosen ? 'bg-accent-soft' : ticked ? 'bg-sunken' : 'hover:bg-subtle',
      )}
    >
      {chosen && <span aria-hidden className="absolute inset-y-0 start-0 w-[3px] bg-accent" />}
      <span
        aria-hidden
        onClick={(event) => {
          event.stopPropagation()
          tick(id)
        }}
        className="absolute start-1.5 top-0 grid h-8 w-4 place-items-center"
      >
        {ticked ? (
          <span className="grid size-3.5 place-items-center rounded-sm bg-accent text-on-accent">
            <Check size={11} strokeWidth={3} />
          </span>
        ) : (
          <>
            {c.unread && <span className="size-[7px] rounded-pill bg-accent group-hover:pointer-fine:hidden" />}
            <span className="hidden size-3.5 rounded-sm border border-line-strong group-hover:pointer-fine:block" />
          </>
        )}
      </span>
      <div className="flex items-center gap-2">
        <span
          className={cx('min-w-0 flex-1 truncate text-body', c.unread ? 'font-semibold' : 'font-medium')}
          dir="auto"
        >
          {name}
          {c.unread && <span className="sr-only"> ({t('row.unread')})</span>}
        </span>
        {compact && <RowChip conversation={c} view={view} />}
        <time dateTime={c.last_activity_at} title={fully(c.last_activity_at)} className="shrink-0 text-meta text-ink-2">
          {ago(c.last_activity_at, present)}
        </time>
      </div>
      <div className={cx('flex items-center gap-2', compact && 'text-meta')}>
        <span className="min-w-0 flex-1 truncate text-dense" dir="auto">
          {c.subject || t('row.noSubject')}
        </span>
        {!compact && <RowChip conversation={c} view={view} />}
      </div>
      {!compact && (
        <div className="truncate text-meta text-ink-2" dir="auto">
          {c.preview}
        </div>
      )}
    </div>
  )
}
