import { Dialog as Base } from '@base-ui/react/dialog'
import { Avatar, cx, type Icon, Kbd } from '@kit'
import { MessagesSquare, Search } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { keymap, keysOf, type Section, scene } from '../actions/action'
import { api } from '../api/client'
import type { Conversation } from '../api/types'
import { useCell } from '../store/cell'
import { hearAll } from '../store/truth'
import { now } from '../store/world'
import { type Key, t } from '../text/t'
import { ago } from '../text/time'
import { allActions } from './all'
import { answered } from './dialogs'
import { go, goToView, pathOf, view } from './go'
import { score } from './score'

type Customer = { id: number; name: string; address: string }
type Entry = {
  key: string
  group: string
  label: string
  detail?: string
  icon?: Icon
  picture?: ReactNode
  keys?: string | undefined
  run: () => void
}

const order: Section[] = ['conversation', 'list', 'go', 'desk']
const shownAtMost = 7

/** The actions that fit, those of the open conversation first. */
function useActions(text: string): Entry[] {
  const map = useCell(keymap)
  const at = scene()
  return allActions
    .filter((action) => action.id !== 'palette' && action.id !== 'search' && (action.when?.(at) ?? true))
    .map((action) => ({ action, points: score(t(action.label), text) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || order.indexOf(a.action.section) - order.indexOf(b.action.section))
    .slice(0, text ? shownAtMost : 40)
    .sort((a, b) => (text ? 0 : order.indexOf(a.action.section) - order.indexOf(b.action.section)))
    .map(({ action }) => ({
      key: action.id,
      group: t(`section.${action.section}` as Key),
      label: t(action.label),
      icon: action.icon,
      keys: keysOf(action, map),
      run: () => action.perform(scene()),
    }))
}

type Found = { text: string; conversations: Conversation[]; customers: Customer[] }
const nothing: Found = { text: '', conversations: [], customers: [] }

/** Asks the server after a short pause; an answer to an older text is thrown away. */
function useFound(text: string): { found: Found; asking: boolean } {
  const [found, setFound] = useState<Found>(nothing)
  const sought = text.trim()
  useEffect(() => {
    if (sought.length < 2) return
    const stop = new AbortController()
    const timer = setTimeout(async () => {
      const [conversations, customers] = await Promise.allSettled([
        api.get('/conversations', { q: sought, limit: 6 }, stop.signal),
        api.get('/customers', { q: sought, limit: 4 }, stop.signal),
      ])
      if (stop.signal.aborted) return
      const list = conversations.status === 'fulfilled' ? conversations.value.items : []
      hearAll(list)
      setFound({
        text: sought,
        conversations: list,
        customers: customers.status === 'fulfilled' ? customers.value.items : [],
      })
    }, 150)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [sought])
  return { found: sought.length < 2 ? nothing : found, asking: sought.length >= 2 && found.text !== sought }
}

function useEntries(text: string): { entries: Entry[]; asking: boolean } {
  const actions = useActions(text.trim())
  const { found, asking } = useFound(text)
  const present = useCell(now)
  const sought = text.trim()
  const entries: Entry[] = [...actions]
  for (const c of found.conversations) {
    entries.push({
      key: `c${c.id}`,
      group: t('section.found'),
      label: c.customer.name || c.customer.address,
      detail: `${c.subject || t('row.noSubject')} · ${ago(c.last_activity_at, present)}`,
      icon: MessagesSquare,
      run: () => go(pathOf(view.get(), c.id)),
    })
  }
  for (const one of found.customers) {
    const name = one.name || one.address
    entries.push({
      key: `p${one.id}`,
      group: t('section.people'),
      label: name,
      detail: one.address,
      picture: <Avatar name={name} size="sm" />,
      run: () => go(`/customers/${one.id}`),
    })
  }
  if (sought.length >= 2) {
    entries.push({
      key: 'find',
      group: t('section.found'),
      label: t('palette.find', { text: sought }),
      icon: Search,
      run: () => goToView(`find-${sought}`),
    })
  }
  return { entries, asking }
}

/** Everything one can do or find, by typing a few letters of it. */
export default function Palette() {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const { entries, asking } = useEntries(text)
  const index = Math.min(at, entries.length - 1)
  useEffect(() => {
    list.current?.querySelector(`[data-at="${index}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [index])
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    answered()
    // The dialog gives the focus back first; then the action may move it.
    requestAnimationFrame(() => entry.run())
  }
  return (
    <Base.Root open onOpenChange={(open) => !open && answered()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Base.Popup className="fixed inset-x-0 top-0 z-40 mx-auto flex max-h-dvh flex-col bg-bg shadow-overlay outline-none two:top-[10dvh] two:max-h-[70dvh] two:w-[600px] two:rounded-lg">
          <Base.Title className="sr-only">{t('do.palette')}</Base.Title>
          <div className="flex items-center gap-3 border-b border-line px-4">
            <Search size={18} aria-hidden className="text-ink-2" />
            <input
              role="combobox"
              aria-expanded
              aria-controls="palette-list"
              aria-activedescendant={entries[index] ? `palette-${entries[index].key}` : undefined}
              aria-label={t('do.palette')}
              placeholder={t('palette.placeholder')}
              autoComplete="off"
              spellCheck={false}
              value={text}
              onChange={(event) => {
                setText(event.target.value)
                setAt(0)
              }}
              onKeyDown={(event) => {
                if (event.key === 'ArrowDown') setAt((index + 1) % Math.max(entries.length, 1))
                else if (event.key === 'ArrowUp') setAt((index - 1 + entries.length) % Math.max(entries.length, 1))
                else if (event.key === 'Enter') run(entries[index])
                else return
                event.preventDefault()
              }}
              className="h-13 min-w-0 flex-1 bg-transparent text-title outline-none"
            />
            <Kbd keys="escape" />
          </div>
          <div
            ref={list}
            id="palette-list"
            role="listbox"
            aria-label={t('do.palette')}
            className="min-h-0 flex-1 scroll-py-8 overflow-y-auto p-2"
          >
            {entries.map((entry, position) => (
              <Line
                key={entry.key}
                entry={entry}
                position={position}
                on={position === index}
                first={entry.group !== entries[position - 1]?.group}
                onRun={() => run(entry)}
                onPoint={() => setAt(position)}
              />
            ))}
          </div>
          <p role="status" className={cx('px-4 text-dense text-ink-2', (asking || !entries.length) && 'pb-3')}>
            {asking ? t('palette.searching') : entries.length ? '' : t('palette.empty', { text })}
          </p>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

type LineProps = { entry: Entry; position: number; on: boolean; first: boolean; onRun: () => void; onPoint: () => void }

function Line({ entry, position, on, first, onRun, onPoint }: LineProps) {
  return (
    <>
      {first && (
        <div
          role="presentation"
          className="px-2 pt-2 pb-1 text-label font-medium tracking-[0.04em] text-ink-2 uppercase"
        >
          {entry.group}
        </div>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above holds the keyboard */}
      <div
        id={`palette-${entry.key}`}
        data-at={position}
        role="option"
        tabIndex={-1}
        aria-selected={on}
        onClick={onRun}
        onPointerMove={onPoint}
        className={cx(
          'flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-2 text-dense pointer-coarse:min-h-11',
          on && 'bg-sunken',
        )}
      >
        {entry.picture ?? (entry.icon && <entry.icon size={16} aria-hidden className="shrink-0 text-ink-2" />)}
        <bdi className="min-w-0 shrink truncate">{entry.label}</bdi>
        {entry.detail && <bdi className="min-w-0 flex-1 truncate text-ink-2">{entry.detail}</bdi>}
        <span className="ms-auto" />
        {entry.keys && <Kbd keys={entry.keys} />}
      </div>
    </>
  )
}
