import { Empty, Skeleton, Trouble } from '@kit'
import { Archive, Link2, MessagesSquare, Moon } from 'lucide-react'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { Problem } from '../../api/client'
import type { Conversation, Thread } from '../../api/types'
import { useCell, useRow } from '../../store/cell'
import { loadThread, prefetch } from '../../store/load'
import { conversations, now, threads } from '../../store/world'
import { t } from '../../text/t'
import { moment } from '../../text/time'
import { Composer } from '../composer/Composer'
import { EventLine } from './EventLine'
import { Header } from './Header'
import { MessageCard } from './MessageCard'
import { timeline } from './timeline'
import { markRead, neighbour } from './verbs'

function useThread(id: number): { thread: Thread | undefined; error: unknown; again: () => void } {
  const thread = useRow(threads, id)
  const [failed, setFailed] = useState<{ id: number; error: unknown } | null>(null)
  const load = useCallback(() => {
    setFailed(null)
    loadThread(id).catch((error: unknown) => setFailed({ id, error }))
  }, [id])
  useEffect(() => {
    if (!threads.get(id)) load()
  }, [id, load])
  // Once it is read: say so, and fetch those that will probably be read next.
  useEffect(() => {
    if (!thread) return
    if (document.visibilityState === 'visible') markRead(id)
    const first = neighbour(id)
    const second = first === null ? null : neighbour(first)
    prefetch([first, second].filter((next): next is number => next !== null))
  }, [id, thread])
  return { thread, error: failed?.id === id ? failed.error : null, again: load }
}

/** Every conversation opens at its newest word, and stays there while new ones come, unless the reader has scrolled up. */
function useAtEnd(thread: Thread) {
  const box = useRef<HTMLElement>(null)
  const atEnd = useRef(true)
  const height = useRef(0) // where the thread stood last, to tell a reader's scrolling from bodies that grow
  const read = useRef(0)
  const id = thread.conversation.id
  const count = thread.messages.length
  useLayoutEffect(() => {
    const node = box.current
    if (read.current !== id) atEnd.current = true
    read.current = id
    if (!node || !count) return
    const toEnd = () => {
      if (!atEnd.current) return
      node.scrollTop = node.scrollHeight
      height.current = node.scrollTop
    }
    toEnd()
    const watcher = new ResizeObserver(toEnd)
    for (const child of node.children) watcher.observe(child)
    watcher.observe(node)
    return () => watcher.disconnect()
  }, [id, count])
  const onScroll = () => {
    const node = box.current
    if (!node) return
    if (node.scrollHeight - node.scrollTop - node.clientHeight < 80) atEnd.current = true
    else if (node.scrollTop < height.current) atEnd.current = false
    height.current = node.scrollTop
  }
  return { box, onScroll }
}

function Banner({ conversation: c }: { conversation: Conversation }) {
  const present = useCell(now)
  const lines = []
  if (c.snoozed_until) {
    const values = { when: moment(c.snoozed_until, present), reason: c.snooze_reason ?? '' }
    lines.push({ icon: Moon, text: t('conversation.snoozed', values) })
  }
  if (c.state === 'closed') lines.push({ icon: Archive, text: t('conversation.closedBar') })
  if (c.linked_from) lines.push({ icon: Link2, text: t('conversation.linked', { id: c.linked_from }) })
  return lines.map((line) => (
    <p
      key={line.text}
      className="flex shrink-0 items-center gap-2 border-b border-line bg-subtle px-4 py-2 text-dense text-ink-2"
    >
      <line.icon size={15} aria-hidden className="shrink-0" />
      <bdi>{line.text}</bdi>
    </p>
  ))
}

function Messages({ thread }: { thread: Thread }) {
  const { box, onScroll } = useAtEnd(thread)
  const name = thread.conversation.customer.name || thread.conversation.customer.address
  return (
    <section
      ref={box}
      onScroll={onScroll}
      tabIndex={0}
      aria-label={t('thread.label', { name })}
      className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-6 py-4 focus-visible:-outline-offset-2 max-two:px-3"
    >
      <div className="mx-auto flex max-w-[860px] flex-col gap-2">
        {timeline(thread).map((entry) =>
          entry.kind === 'message' ? (
            <MessageCard key={entry.key} message={entry.message} first={entry.first} />
          ) : (
            <EventLine key={entry.key} event={entry.event} promise={entry.promise} />
          ),
        )}
      </div>
    </section>
  )
}

function Unread({ error, again }: { error: unknown; again: () => void }) {
  if (error instanceof Problem && error.status === 404) {
    return <Empty icon={MessagesSquare} title={t('thread.gone')} text={t('thread.goneText')} />
  }
  if (error) {
    return (
      <div className="flex-1 p-4">
        <Trouble
          title={t('thread.failed')}
          text={error instanceof Error ? error.message : ''}
          retry={{ label: t('action.retry'), run: again }}
        />
      </div>
    )
  }
  return (
    <div className="flex flex-1 flex-col gap-4 p-6">
      <Skeleton lines={3} className="max-w-xl rounded-lg bg-subtle p-4" />
      <Skeleton lines={4} className="max-w-xl self-end rounded-lg bg-subtle p-4" />
    </div>
  )
}

function Open({ id }: { id: number }) {
  const conversation = useRow(conversations, id)
  const { thread, error, again } = useThread(id)
  return (
    <>
      {conversation && <Header conversation={conversation} />}
      {conversation && <Banner conversation={conversation} />}
      {thread ? <Messages thread={thread} /> : <Unread error={error} again={again} />}
      {thread && conversation && <Composer key={id} thread={thread} />}
    </>
  )
}

/** The conversation being read, or what to do to read one. */
export function ConversationPane({ id }: { id: number | null }) {
  if (id === null)
    return <Empty icon={MessagesSquare} title={t('conversation.none')} text={t('conversation.noneText')} />
  return <Open id={id} />
}
