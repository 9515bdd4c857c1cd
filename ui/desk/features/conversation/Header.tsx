import { Avatar, Button, cx, IconButton, Kbd, Menu, type MenuItem } from '@kit'
import { Archive, ArchiveRestore, ArrowLeft, CircleDashed, Ellipsis, Moon, PanelRight, Sun } from 'lucide-react'
import { keymap, keysOf, scene } from '../../actions/action'
import type { Conversation } from '../../api/types'
import { toggleCustomer, useCustomerOpen } from '../../app/customerPanel'
import { ask } from '../../app/dialogs'
import { choose } from '../../app/go'
import { usePart } from '../../store/cell'
import { me } from '../../store/world'
import { t } from '../../text/t'
import { RowChip } from '../inbox/RowChip'
import { conversationActions } from './actions'
import { reopen, wake } from './verbs'

/** Everything that can be done here, for a pointer: the same actions, the same words, the same keys. */
function items(): MenuItem[] {
  const map = keymap.get()
  const at = scene()
  return conversationActions
    .filter((action) => action.section === 'conversation' && (action.when?.(at) ?? true))
    .map((action) => ({
      label: t(action.label),
      icon: action.icon,
      keys: keysOf(action, map),
      onSelect: () => action.perform(scene()),
    }))
}

const wordless = '@max-[660px]/header:hidden'

function Owner({ conversation: c }: { conversation: Conversation }) {
  const mine = usePart(me, (person) => person?.id === c.person_id)
  const name = mine ? t('row.you') : c.person_name
  return (
    <Button
      onClick={() => ask({ kind: 'assign', ids: [c.id] })}
      aria-label={`${t('do.assign')}. ${name ? t('conversation.owner', { name }) : t('conversation.noOwner')}`}
      className="max-w-40 ps-1 max-two:hidden"
    >
      {c.person_name ? (
        <Avatar name={c.person_name} size="sm" />
      ) : (
        <CircleDashed size={16} aria-hidden className="ms-1 text-ink-2" />
      )}
      <bdi className={cx('truncate', wordless)}>{name ?? t('do.assign')}</bdi>
      <Kbd keys="a" />
    </Button>
  )
}

function Rest({ conversation: c }: { conversation: Conversation }) {
  const [icon, label, run] = c.snoozed_until
    ? ([Sun, t('do.wake'), () => void wake(c.id)] as const)
    : ([Moon, t('do.snooze'), () => ask({ kind: 'snooze', ids: [c.id] })] as const)
  return (
    <Button icon={icon} keys="h" aria-label={label} className="max-two:hidden" onClick={run}>
      <span className={wordless}>{label}</span>
    </Button>
  )
}

/** The person first, then what it is about, the most urgent truth, and what can be done. */
export function Header({ conversation: c }: { conversation: Conversation }) {
  const panel = useCustomerOpen()
  const name = c.customer.name || c.customer.address
  return (
    <header className="@container/header flex min-h-14 shrink-0 items-center gap-1.5 border-b border-line ps-4 pe-2 max-two:ps-1">
      <IconButton
        icon={ArrowLeft}
        label={t('conversation.back')}
        className="two:hidden rtl:[&_svg]:-scale-x-100"
        size={18}
        onClick={() => choose(null)}
      />
      <div className="me-1 min-w-0 flex-1 py-1.5">
        <h2 className="truncate text-body font-semibold" dir="auto">
          {name}
        </h2>
        <div className="flex items-center gap-2">
          <p className="min-w-0 truncate text-dense text-ink-2" dir="auto">
            {c.subject || t('row.noSubject')}
          </p>
          <RowChip conversation={c} />
        </div>
      </div>
      <Owner conversation={c} />
      {c.state === 'closed' ? (
        <Button icon={ArchiveRestore} keys="e" onClick={() => void reopen(c.id)}>
          {t('do.reopen')}
        </Button>
      ) : (
        <>
          <Rest conversation={c} />
          <Button icon={Archive} keys="e" onClick={() => ask({ kind: 'close', ids: [c.id] })}>
            <span className="max-two:sr-only">{t('do.close')}</span>
          </Button>
        </>
      )}
      <Menu trigger={<IconButton icon={Ellipsis} label={t('action.more')} />} items={items} />
      <IconButton
        icon={PanelRight}
        label={t('do.customer')}
        keys="mod+\\"
        aria-pressed={panel}
        className={cx('rtl:[&_svg]:-scale-x-100', panel && 'three:bg-sunken three:text-ink')}
        onClick={toggleCustomer}
      />
    </header>
  )
}
