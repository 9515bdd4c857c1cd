import { cx, IconButton, Skeleton, Trouble } from '@kit'
import { X } from 'lucide-react'
import { useState } from 'react'
import { toggleCustomer, useWide } from '../../app/customerPanel'
import { choose } from '../../app/go'
import { useRow } from '../../store/cell'
import { hear } from '../../store/truth'
import { conversations, threads } from '../../store/world'
import { t } from '../../text/t'
import { Addresses, Conversations, Editing, Part, Person, Promises } from './Facts'
import { useCustomer } from './useCustomer'

function Participants({ conversationId }: { conversationId: number }) {
  const others = useRow(threads, conversationId)?.participants.filter((one) => one.role !== 'customer') ?? []
  if (!others.length) return null
  return (
    <Part title={t('customer.participants')}>
      <ul>
        {others.map((one) => (
          <li key={one.address} className="truncate" title={one.address}>
            <bdi>{one.name || one.address}</bdi>
          </li>
        ))}
      </ul>
    </Part>
  )
}

/** The person beside the conversation: who they are, what we promised them, what they wrote before. */
export function CustomerPanel({ conversationId }: { conversationId: number }) {
  const conversation = useRow(conversations, conversationId)
  const page = useCustomer(conversation?.customer.id ?? null)
  const [edited, setEdited] = useState<number | null>(null)
  const editing = edited === conversationId
  const setEditing = (on: boolean) => setEdited(on ? conversationId : null)
  const drawer = !useWide()
  return (
    <aside
      aria-label={t('customer.label')}
      className={cx(
        'flex w-72 shrink-0 flex-col overflow-y-auto border-s border-line bg-bg text-dense',
        drawer && 'fixed inset-y-0 end-0 z-30 w-80 shadow-overlay max-two:w-full',
      )}
    >
      {drawer && (
        <div className="flex h-14 shrink-0 items-center justify-end px-3">
          <IconButton icon={X} label={t('customer.hide')} size={18} onClick={toggleCustomer} />
        </div>
      )}
      <div className={cx('flex flex-col gap-5 px-4 pb-6', !drawer && 'pt-3.5')}>
        {page.error && !page.data && (
          <Trouble
            title={t('customer.failed')}
            text={page.error}
            retry={{ label: t('action.retry'), run: () => void page.again() }}
          />
        )}
        {!page.data && !page.error && <Skeleton lines={8} />}
        {page.data && (
          <>
            <Person page={page.data} onEdit={() => setEditing(true)} link />
            <Promises page={page.data} />
            <Addresses page={page.data} />
            <Participants conversationId={conversationId} />
            <Conversations
              list={page.data.conversations}
              current={conversationId}
              onOpen={(c) => {
                hear(c)
                choose(c.id)
              }}
            />
            {editing && (
              <Editing
                page={page.data}
                onClose={() => setEditing(false)}
                onSaved={() => {
                  setEditing(false)
                  void page.again()
                }}
              />
            )}
          </>
        )}
      </div>
    </aside>
  )
}
