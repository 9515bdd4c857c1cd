import { Chip, type ChipTone } from '@kit'
import { Archive, ArchiveRestore, BellOff, Check, Clock, type LucideIcon, Moon, Sun, UserRound, X } from 'lucide-react'
import type { Happening, Promised } from '../../api/types'
import { useCell } from '../../store/cell'
import { me, now, people } from '../../store/world'
import { type Key, t } from '../../text/t'
import { fully, moment } from '../../text/time'
import { endingKey } from './endings'

const chips: Record<string, { tone: ChipTone; icon: LucideIcon; text: Key }> = {
  'promise.made': { tone: 'due', icon: Clock, text: 'event.promise.made' },
  'promise.kept': { tone: 'kept', icon: Check, text: 'event.promise.kept' },
  'promise.missed': { tone: 'broken', icon: X, text: 'event.promise.missed' },
  'promise.moved': { tone: 'due', icon: Clock, text: 'event.promise.moved' },
}

const icons: Record<string, LucideIcon> = {
  'conversation.assigned': UserRound,
  'conversation.snoozed': Moon,
  'conversation.woken': Sun,
  'conversation.closed': Archive,
  'conversation.reopened': ArchiveRestore,
  'conversation.muted': BellOff,
}

function nameOf(id: unknown, given: unknown): string {
  return String(given ?? people.get().find((person) => person.id === Number(id))?.name ?? '')
}

/** What happened, in one plain sentence. */
export function saying(event: Happening, present: Date): string {
  const data = event.data ?? {}
  const actor =
    event.actor.id && event.actor.id === me.get()?.id ? t('thread.you') : event.actor.name || t('event.system')
  const when = typeof data.until === 'string' ? moment(data.until, present) : ''
  switch (event.kind) {
    case 'conversation.assigned': {
      const id = Number(data.person_id ?? 0)
      if (!id)
        return t(data.team_name ? 'event.assignedTeam' : 'event.released', {
          actor,
          name: String(data.team_name ?? ''),
        })
      if (id === event.actor.id) return t('event.assignedSelf', { actor })
      return t('event.assigned', { actor, name: nameOf(id, data.person_name) })
    }
    case 'conversation.snoozed':
      return data.reason
        ? t('event.snoozedReason', { actor, when, reason: String(data.reason) })
        : t('event.snoozed', { actor, when })
    case 'conversation.closed':
      return data.reason
        ? t('event.closedReason', { actor, reason: t(endingKey(String(data.reason))) })
        : t('event.closed', { actor })
    case 'conversation.woken':
      return t('event.woken')
    case 'conversation.reopened':
      return t('event.reopened', { actor })
    case 'conversation.muted':
      return t('event.muted')
    default:
      return ''
  }
}

/** A quiet line between the messages: who did what, or what became of a promise. */
export function EventLine({ event, promise }: { event: Happening; promise?: Promised | undefined }) {
  const present = useCell(now)
  const chip = chips[event.kind]
  const Glyph = icons[event.kind]
  const what = promise ? (promise.kind === 'reply' ? t('promise.reply') : promise.what) : ''
  const by = promise?.due_at ? moment(promise.due_at, present) : ''
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-2 gap-y-1 self-center px-4 py-0.5 text-center text-meta text-ink-2">
      {chip ? (
        <>
          <Chip tone={chip.tone} icon={chip.icon}>
            {t(chip.text, { when: by })}
          </Chip>
          {promise && <bdi>{by ? t('promise.due', { what, when: by }) : what}</bdi>}
        </>
      ) : (
        <>
          {Glyph && <Glyph size={13} aria-hidden className="shrink-0" />}
          <bdi>{saying(event, present)}</bdi>
        </>
      )}
      <time dateTime={event.at} title={fully(event.at)}>
        {moment(event.at, present)}
      </time>
    </div>
  )
}
