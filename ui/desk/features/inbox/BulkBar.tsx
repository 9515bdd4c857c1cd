import { Button, IconButton } from '@kit'
import { Archive, Moon, UserPlus, X } from 'lucide-react'
import { ask } from '../../app/dialogs'
import { useCell } from '../../store/cell'
import { checked } from '../../store/world'
import { t } from '../../text/t'

/** What can be done to the ticked rows at once. */
export function BulkBar() {
  const ids = [...useCell(checked)]
  if (!ids.length) return null
  return (
    <div
      role="toolbar"
      aria-label={t('list.ticked', { count: ids.length })}
      className="flex shrink-0 flex-wrap items-center gap-1 border-b border-line bg-subtle px-3 py-1.5"
    >
      <span className="flex-1 text-dense font-medium">{t('list.ticked', { count: ids.length })}</span>
      <Button icon={UserPlus} onClick={() => ask({ kind: 'assign', ids })}>
        {t('do.assign')}
      </Button>
      <IconButton icon={Moon} label={t('do.snooze')} keys="h" onClick={() => ask({ kind: 'snooze', ids })} />
      <IconButton icon={Archive} label={t('do.close')} keys="e" onClick={() => ask({ kind: 'close', ids })} />
      <IconButton icon={X} label={t('list.clear')} keys="escape" onClick={() => checked.set(new Set())} />
    </div>
  )
}
