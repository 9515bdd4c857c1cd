import {
  Archive,
  ArchiveRestore,
  ArrowDown,
  ArrowUp,
  Bell,
  CornerUpLeft,
  ListChecks,
  MailOpen,
  Moon,
  NotebookPen,
  Sun,
  Undo2,
  UserMinus,
  UserPlus,
  UserRoundCheck,
  X,
} from 'lucide-react'
import type { Action, Scene } from '../../actions/action'
import { ask } from '../../app/dialogs'
import { choose } from '../../app/go'
import { undoLast } from '../../store/toasts'
import { checked } from '../../store/world'
import { startWriting } from '../composer/modes'
import * as verbs from './verbs'

const open = (at: Scene) => at.screen === 'inbox' && at.conversation !== null
const live = (at: Scene) => open(at) && at.conversation?.state !== 'closed'
const inbox = (at: Scene) => at.screen === 'inbox'

/** What an act applies to: the ticked rows, or the conversation on the screen. */
const subjects = (at: Scene): number[] => {
  const ticked = [...checked.get()]
  return ticked.length ? ticked : at.conversation ? [at.conversation.id] : []
}

const acts: Action[] = [
  {
    id: 'reply',
    label: 'do.reply',
    section: 'conversation',
    keys: 'r',
    icon: CornerUpLeft,
    when: open,
    perform: (at) => at.conversation && startWriting(at.conversation.id, 'reply'),
  },
  {
    id: 'note',
    label: 'do.note',
    section: 'conversation',
    keys: 'm',
    icon: NotebookPen,
    when: open,
    perform: (at) => at.conversation && startWriting(at.conversation.id, 'note'),
  },
  {
    id: 'assign',
    label: 'do.assign',
    section: 'conversation',
    keys: 'a',
    icon: UserPlus,
    when: open,
    perform: (at) => ask({ kind: 'assign', ids: subjects(at) }),
  },
  {
    id: 'assign-me',
    label: 'do.assignMe',
    section: 'conversation',
    keys: 'i',
    icon: UserRoundCheck,
    when: (at) => open(at) && at.conversation?.person_id !== at.me?.id,
    perform: (at) => {
      for (const id of subjects(at)) void verbs.takeMyself(id)
    },
  },
  {
    id: 'release',
    label: 'do.release',
    section: 'conversation',
    icon: UserMinus,
    when: (at) => open(at) && at.conversation?.person_id === at.me?.id,
    perform: (at) => at.conversation && void verbs.assign(at.conversation.id, null),
  },
  {
    id: 'snooze',
    label: 'do.snooze',
    section: 'conversation',
    keys: 'h',
    icon: Moon,
    when: (at) => live(at) && !at.conversation?.snoozed_until,
    perform: (at) => ask({ kind: 'snooze', ids: subjects(at) }),
  },
  {
    id: 'wake',
    label: 'do.wake',
    section: 'conversation',
    keys: 'h',
    icon: Sun,
    when: (at) => open(at) && Boolean(at.conversation?.snoozed_until),
    perform: (at) => at.conversation && void verbs.wake(at.conversation.id),
  },
  {
    id: 'close',
    label: 'do.close',
    section: 'conversation',
    keys: 'e',
    icon: Archive,
    when: live,
    perform: (at) => ask({ kind: 'close', ids: subjects(at) }),
  },
  {
    id: 'reopen',
    label: 'do.reopen',
    section: 'conversation',
    keys: 'e',
    icon: ArchiveRestore,
    when: (at) => open(at) && at.conversation?.state === 'closed',
    perform: (at) => at.conversation && void verbs.reopen(at.conversation.id),
  },
  {
    id: 'unread',
    label: 'do.unread',
    section: 'conversation',
    keys: 'u',
    icon: MailOpen,
    when: open,
    perform: (at) => at.conversation && void verbs.markUnread(at.conversation.id),
  },
  {
    id: 'unmute',
    label: 'do.unmute',
    section: 'conversation',
    icon: Bell,
    when: (at) => open(at) && Boolean(at.conversation?.muted),
    perform: (at) => at.conversation && void verbs.unmute(at.conversation.id),
  },
]

const moves: Action[] = [
  {
    id: 'next',
    label: 'do.next',
    section: 'list',
    keys: 'j',
    icon: ArrowDown,
    when: inbox,
    perform: () => verbs.step(1),
  },
  {
    id: 'previous',
    label: 'do.previous',
    section: 'list',
    keys: 'k',
    icon: ArrowUp,
    when: inbox,
    perform: () => verbs.step(-1),
  },
  {
    id: 'tick',
    label: 'do.tick',
    section: 'list',
    keys: 'x',
    icon: ListChecks,
    when: open,
    perform: (at) => at.conversation && verbs.tick(at.conversation.id),
  },
  {
    id: 'extend-down',
    label: 'do.extendDown',
    section: 'list',
    keys: 'shift+j',
    icon: ListChecks,
    when: inbox,
    perform: () => verbs.extend(1),
  },
  {
    id: 'extend-up',
    label: 'do.extendUp',
    section: 'list',
    keys: 'shift+k',
    icon: ListChecks,
    when: inbox,
    perform: () => verbs.extend(-1),
  },
  {
    id: 'leave',
    label: 'do.leave',
    section: 'list',
    keys: 'escape',
    icon: X,
    when: (at) => open(at) || checked.get().size > 0,
    perform: () => {
      if (checked.get().size) checked.set(new Set())
      else choose(null)
    },
  },
  { id: 'undo', label: 'do.undo', section: 'desk', keys: 'z', icon: Undo2, perform: () => void undoLast() },
]

export const conversationActions: Action[] = [...acts, ...moves]
