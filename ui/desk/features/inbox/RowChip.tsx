import { Chip } from '@kit'
import { Archive, BellOff, Check, CircleAlert, Clock, Hourglass, MailX, Moon, X } from 'lucide-react'
import type { Conversation } from '../../api/types'
import { useCell } from '../../store/cell'
import { now } from '../../store/world'
import { t } from '../../text/t'
import { moment } from '../../text/time'
import { truthOf } from './truthOf'

const icons = {
  failed: MailX,
  missed: X,
  soon: CircleAlert,
  later: Clock,
  snoozed: Moon,
  waiting: Hourglass,
  kept: Check,
  muted: BellOff,
  closed: Archive,
}

const tones = {
  failed: 'broken',
  missed: 'broken',
  soon: 'risk',
  later: 'due',
  snoozed: 'calm',
  waiting: 'calm',
  kept: 'kept',
  muted: 'calm',
  closed: 'calm',
} as const

/** The most urgent truth about a conversation, as one chip. Where the view says it already, it is left out. */
export function RowChip({ conversation, view }: { conversation: Conversation; view?: string }) {
  const truth = truthOf(conversation, useCell(now))
  if (!truth || truth.kind === view) return null
  const text =
    truth.kind === 'snoozed'
      ? t('row.snoozedUntil', { when: moment(conversation.snoozed_until ?? '', now.get()) })
      : truth.text
  return (
    <Chip tone={tones[truth.kind]} icon={icons[truth.kind]}>
      {text}
    </Chip>
  )
}
