import { Button, cx, IconButton, Menu, type MenuItem } from '@kit'
import { Archive, ArchiveRestore, ArrowLeft, Ellipsis, Moon, PanelRight, Sun, UserPlus } from 'lucide-react'
import { keymap, keysOf, scene } from '../../actions/action'
import type { Conversation } from '../../api/types'
import { ask } from '../../app/dialogs'
import { choose } from '../../app/go'
import { prefer, preferences } from '../../app/preferences'
import { useCell, usePart } from '../../store/cell'
import { me } from '../../store/world'
import { t } from '../../text/t'
import { RowChip } from '../inbox/RowChip'
import { conversationActions } from './actions'
import { reopen, wake } from './verbs'

/** Everything that can be done here, for a pointer: the same actions, the same words, the same keys. */
function useItems(): MenuItem[] {
  const map = useCell(keymap)
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

function Owner({ conversation: c }: { conversation: Conversation }) {
  const mine = usePart(me, (person) => person?.id === c.person_id)
  const name = mine ? t('row.you') : c.person_name
  return (
    <Button icon={UserPlus} keys="a" onClick={() => ask({ kind: 'assign', ids: [c.id] })} aria-label={`${t('do.assign')}. ${name ? t('conversation.owner', { name }) : t('conversation.noOwner')}`} className="max-w-44 max-two:hidden">
      <bdi className="truncate">{name ?? t('do.assign')}</bdi>
    </Button>
  )
}

/** The person first, then what it is about, the most urgent truth, and what can be done. */
export function Header({ conversation: c }: { conversation: Conversation }) {
  const items = useItems()
  const panel = usePart(preferences, (own) => own.customer)
  const name = c.customer.name || c.customer.address
  return (
    <header className="flex min-h-14 shrink-0 items-center gap-2 border-b border-line ps-4 pe-3 max-two:ps-1 max-two:pe-2">
      <IconButton icon={ArrowLeft} label={t('conversation.back')} className="two:hidden rtl:[&_svg]:-scale-x-100" size={18} onClick={() => choose(null)} />
      <div className="min-w-0 flex-1 py-1.5">
        <div className="flex items-center gap-2">
          <h2 className="min-w-0 truncate text-body font-semibold" dir="auto">
            {name}
          </h2>
          <RowChip conversation={c} />
        </div>
        <p className="truncate text-dense text-ink-2" dir="auto">
          {c.subject || t('row.noSubject')}
        </p>
      </div>
      <Owner conversation={c} />
      {c.state !== 'closed' &&
        (c.snoozed_until ? (
          <Button icon={Sun} keys="h" className="max-two:hidden" onClick={() => void wake(c.id)}>
            {t('do.wake')}
          </Button>
        ) : (
          <Button icon={Moon} keys="h" className="max-two:hidden" onClick={() => ask({ kind: 'snooze', ids: [c.id] })}>
            {t('do.snooze')}
          </Button>
        ))}
      {c.state === 'closed' ? (
        <Button icon={ArchiveRestore} keys="e" onClick={() => void reopen(c.id)}>
          {t('do.reopen')}
        </Button>
      ) : (
        <Button icon={Archive} keys="e" onClick={() => ask({ kind: 'close', ids: [c.id] })}>
          {t('do.close')}
        </Button>
      )}
      <Menu trigger={<IconButton icon={Ellipsis} label={t('action.more')} />} items={items} />
      <IconButton
        icon={PanelRight}
        label={t('do.customer')}
        keys="mod+\\"
        aria-pressed={panel}
        className={cx('rtl:[&_svg]:-scale-x-100', panel && 'three:bg-sunken three:text-ink')}
        onClick={() => prefer({ customer: !panel })}
      />
    </header>
  )
}
