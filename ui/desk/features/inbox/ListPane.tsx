import { Button, cx, Empty, type Icon, Menu, type MenuItem, Skeleton, Trouble, useWindow } from '@kit'
import { ArrowRight, ArrowUp, AtSign, ChevronDown, CircleCheck, RefreshCw, Search } from 'lucide-react'
import { type PointerEvent, useEffect, useRef } from 'react'
import { choose, goToView } from '../../app/go'
import { views } from '../../app/places'
import { preferences } from '../../app/preferences'
import { useCell, usePart, useRow } from '../../store/cell'
import { type ListState, lists } from '../../store/lists'
import { loadList, loadMore, releaseHeld } from '../../store/load'
import { holdStill } from '../../store/stream'
import { counts, desks, selected } from '../../store/world'
import { type Key, t } from '../../text/t'
import { step } from '../conversation/verbs'
import { BulkBar } from './BulkBar'
import { nextCustomer } from './nextCustomer'
import { Row } from './Row'

function useTitle(view: string): string {
  const known = useCell(desks)
  const place = views.find((entry) => entry.view === view)
  if (place) return t(place.label)
  if (view.startsWith('find-')) return t('list.results', { text: view.slice(5) })
  return known.find((desk) => view === `desk-${desk.id}`)?.name ?? t('list.label')
}

/** On a phone there is no side bar: the title of the list leads to the others. */
function otherLists(view: string): MenuItem[] {
  const known = desks.get()
  const to = (key: string, label: string, icon: Icon) => ({ label, icon, onSelect: () => goToView(key) })
  const others = views.filter((place) => place.view !== view && (place.view !== 'muted' || counts.get().muted))
  const houses = known.length > 1 ? known.filter((desk) => view !== `desk-${desk.id}`) : []
  return [
    ...others.map((place) => to(place.view, t(place.label), place.icon)),
    ...(houses.length ? [{ kind: 'line' as const }] : []),
    ...houses.map((desk) => to(`desk-${desk.id}`, desk.name, AtSign)),
  ]
}

function Head({ view }: { view: string }) {
  const title = useTitle(view)
  const words = 'truncate text-title font-semibold tracking-[-0.01em]'
  return (
    <header className="flex h-14 shrink-0 items-center gap-1 border-b border-line ps-4 pe-3">
      <h1 className={cx('min-w-0 flex-1 max-two:hidden', words)} dir="auto">
        {title}
      </h1>
      <h1 className="min-w-0 flex-1 two:hidden">
        <Menu
          start
          trigger={
            <button type="button" className="-ms-2 flex h-11 max-w-full items-center gap-1 rounded-md px-2">
              <bdi className={words}>{title}</bdi>
              <ChevronDown size={16} aria-hidden className="shrink-0 text-ink-2" />
              <span className="sr-only">{t('nav.choose')}</span>
            </button>
          }
          items={() => otherLists(view)}
        />
      </h1>
      <Button icon={ArrowRight} keys="n" onClick={() => void nextCustomer()}>
        {t('do.nextCustomer')}
      </Button>
    </header>
  )
}

function EmptyList({ view }: { view: string }) {
  const unassigned = usePart(counts, (numbers) => numbers.unassigned ?? 0)
  if (view === 'mine') {
    const action = (
      <Button icon={ArrowRight} keys="n" onClick={() => void nextCustomer()}>
        {t('do.nextCustomer')}
      </Button>
    )
    const text = unassigned ? t('list.empty.mineText', { count: unassigned }) : t('list.empty.mineNone')
    return <Empty icon={CircleCheck} title={t('list.empty.mine')} text={text} {...(unassigned ? { action } : {})} />
  }
  if (view.startsWith('find-')) {
    return <Empty icon={Search} title={t('list.empty.find', { text: view.slice(5) })} text={t('list.empty.findText')} />
  }
  if (view.startsWith('desk-')) return <Empty icon={CircleCheck} title={t('list.empty.desk')} />
  const key = `list.empty.${view}` as Key
  const text = t(`${key}Text` as Key)
  return <Empty icon={CircleCheck} title={t(key)} {...(text.endsWith('Text') ? {} : { text })} />
}

/** How long after a key the list still counts as being gone through by keyboard, in milliseconds. */
const keyPause = 3000

/**
 * The order holds still while a hand moves a pointer over the list (not where the page merely came to lie under one), or goes
 * through it by keyboard. What was held back then takes its place when the hand leaves.
 */
function useStillness(view: string) {
  const over = useRef(false)
  const keyed = useRef(0)
  useEffect(() => {
    holdStill(() => over.current || keyed.current !== 0)
    return () => {
      clearTimeout(keyed.current)
      keyed.current = 0
      holdStill(() => false)
    }
  }, [])
  const release = () => {
    if (!over.current && !keyed.current) releaseHeld(view)
  }
  return {
    onPointerMove: (event: PointerEvent) => {
      if (event.pointerType === 'mouse' && (event.movementX || event.movementY)) over.current = true
    },
    onPointerLeave: () => {
      over.current = false
      release()
    },
    onKeyDownCapture: () => {
      clearTimeout(keyed.current)
      keyed.current = window.setTimeout(() => {
        keyed.current = 0
        release()
      }, keyPause)
    },
  }
}

function Rows({ view, list }: { view: string; list: ListState }) {
  const box = useRef<HTMLDivElement>(null)
  const compact = usePart(preferences, (own) => own.compact)
  const reading = useCell(selected)
  const height = compact ? 44 : 68
  const range = useWindow(box, list.ids.length, height)
  const stillness = useStillness(view)

  useEffect(() => {
    if (range.end >= list.ids.length - 10) void loadMore(view)
  }, [view, range.end, list.ids.length])

  useEffect(() => {
    const index = reading === null ? -1 : list.ids.indexOf(reading)
    const node = box.current
    if (!node || index < 0) return
    const top = index * height
    if (top < node.scrollTop) node.scrollTop = top
    else if (top + height > node.scrollTop + node.clientHeight) node.scrollTop = top + height - node.clientHeight
  }, [reading, list.ids, height])

  const shown = list.ids.slice(range.start, range.end)
  const active = reading !== null && shown.includes(reading)
  return (
    <div
      ref={box}
      role="listbox"
      tabIndex={0}
      aria-label={t('list.label')}
      aria-multiselectable
      aria-activedescendant={active ? `row-${reading}` : undefined}
      className="relative min-h-0 flex-1 overflow-y-auto overscroll-contain focus-visible:-outline-offset-2"
      {...stillness}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
          event.preventDefault()
          step(event.key === 'ArrowDown' ? 1 : -1)
        }
        if (event.key === 'Enter' && reading === null && list.ids[0]) choose(list.ids[0])
      }}
    >
      <div role="presentation" ref={(node) => node?.style.setProperty('height', `${list.ids.length * height}px`)}>
        {shown.map((id, offset) => (
          <Row key={id} id={id} view={view} index={range.start + offset} count={list.ids.length} compact={compact} />
        ))}
      </div>
      {list.next && <p className="py-3 text-center text-meta text-ink-2">{t('list.loadingMore')}</p>}
    </div>
  )
}

function Waiting() {
  return (
    <div className="flex flex-col">
      {[0, 1, 2, 3, 4, 5, 6].map((row) => (
        <div key={row} className="h-[68px] border-b border-line px-5 py-3">
          <Skeleton lines={3} />
        </div>
      ))}
    </div>
  )
}

export function ListPane({ view }: { view: string }) {
  const list = useRow(lists, view)
  useEffect(() => {
    if (lists.get(view)?.status !== 'ready') void loadList(view)
  }, [view])
  const held = list?.held.length ?? 0
  return (
    <>
      <Head view={view} />
      <BulkBar />
      {list?.status === 'failed' && (
        <div className="p-3">
          <Trouble
            title={t('list.failed')}
            text={list.error}
            retry={{ label: t('action.retry'), run: () => void loadList(view) }}
          />
        </div>
      )}
      {held > 0 && (
        <button
          type="button"
          onClick={() => releaseHeld(view)}
          className={cx(
            'flex h-8 w-full shrink-0 items-center justify-center gap-1 border-b border-line bg-accent-soft text-meta font-medium text-accent',
          )}
        >
          <ArrowUp size={13} aria-hidden />
          {t('list.fresh', { count: held })}
        </button>
      )}
      {!list || (list.status === 'loading' && !list.ids.length) ? (
        <Waiting />
      ) : list.ids.length ? (
        <Rows view={view} list={list} />
      ) : (
        list.status === 'ready' && (
          <div className="min-h-0 flex-1 overflow-y-auto">
            <EmptyList view={view} />
          </div>
        )
      )}
      {list?.status === 'ready' && list.error && (
        <div className="border-t border-line p-2 text-center">
          <Button icon={RefreshCw} onClick={() => void loadMore(view)}>
            {t('action.retry')}
          </Button>
        </div>
      )}
    </>
  )
}
