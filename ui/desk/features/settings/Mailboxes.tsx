import { Button, Chip, Dialog, Empty } from '@kit'
import { CircleCheck, CircleX, Inbox, Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { api, sentence } from '../../api/client'
import type { Mailbox } from '../../api/types'
import { Card, Loaded, Page } from '../../app/Page'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { toast, trouble } from '../../store/toasts'
import { now } from '../../store/world'
import { type Key, t } from '../../text/t'
import { moment } from '../../text/time'
import { useDesks } from './useDesks'

const MailboxForm = lazy(() => import('./MailboxForm').then((form) => ({ default: form.MailboxForm })))

function Remove({ box, onClose, onDone }: { box: Mailbox; onClose: () => void; onDone: () => void }) {
  const remove = () =>
    api.delete(`/mailboxes/${box.id}`).then(
      () => {
        toast(t('mailboxes.removed'))
        onDone()
      },
      (error) => trouble(sentence(error)),
    )
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('mailboxes.removeTitle')}
      lead={t('mailboxes.removeLead')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button tone="danger" onClick={() => void remove()}>
            {t('mailboxes.remove')}
          </Button>
        </>
      }
    >
      <p className="pb-2">
        <bdi>{box.username}</bdi> · {box.host}
      </p>
    </Dialog>
  )
}

function Line({
  box,
  desk,
  onEdit,
  onRemove,
}: {
  box: Mailbox
  desk: string
  onEdit: () => void
  onRemove: () => void
}) {
  const present = useCell(now)
  const good = box.state === 'on'
  const bad = box.state === 'degraded'
  return (
    <div className="flex flex-wrap items-center gap-3 px-4 py-3">
      <Inbox size={18} aria-hidden className="shrink-0 text-ink-2" />
      <div className="min-w-40 flex-1">
        <p className="truncate font-medium">
          <bdi>{box.username}</bdi>
        </p>
        <p className="text-dense break-words text-ink-2">
          {desk} · {box.host} ·{' '}
          {box.last_fetched_at
            ? t('health.fetched', { when: moment(box.last_fetched_at, present) })
            : t('health.never')}
        </p>
        {box.last_error && <p className="text-dense break-words text-broken">{box.last_error}</p>}
      </div>
      <Chip
        tone={good ? 'kept' : bad ? 'broken' : 'calm'}
        {...(good ? { icon: CircleCheck } : bad ? { icon: CircleX } : {})}
      >
        {t(`health.state.${box.state}` as Key)}
      </Chip>
      <Button onClick={onEdit} aria-label={`${t('action.edit')}: ${box.username}`}>
        {t('action.edit')}
      </Button>
      <Button tone="danger" onClick={onRemove} aria-label={`${t('mailboxes.remove')}: ${box.username}`}>
        {t('mailboxes.remove')}
      </Button>
    </div>
  )
}

/** Where mail is fetched from. */
export function Mailboxes() {
  const boxes = useResource('mailboxes', async () => (await api.get('/mailboxes')).items)
  const desks = useDesks()
  const [open, setOpen] = useState<Mailbox | 'new' | null>(null)
  const [removing, setRemoving] = useState<Mailbox | null>(null)
  const nameOf = (id: number) => desks.data?.find((desk) => desk.id === id)?.name ?? ''
  const add = (
    <Button tone="primary" icon={Plus} disabled={!desks.data?.length} onClick={() => setOpen('new')}>
      {t('mailboxes.new')}
    </Button>
  )
  return (
    <Page title={t('mailboxes.title')} lead={t('mailboxes.lead')} action={boxes.data?.length ? add : undefined}>
      <Loaded from={boxes}>
        {(list) =>
          list.length ? (
            <Card>
              {list.map((box) => (
                <Line
                  key={box.id}
                  box={box}
                  desk={nameOf(box.desk_id)}
                  onEdit={() => setOpen(box)}
                  onRemove={() => setRemoving(box)}
                />
              ))}
            </Card>
          ) : (
            <div className="rounded-lg border border-line">
              <Empty compact icon={Inbox} title={t('mailboxes.empty')} text={t('mailboxes.emptyText')} action={add} />
            </div>
          )
        }
      </Loaded>
      {open && (
        <Suspense>
          <MailboxForm
            box={open === 'new' ? null : open}
            desks={desks.data ?? []}
            onClose={() => setOpen(null)}
            onSaved={() => {
              setOpen(null)
              void boxes.again()
            }}
          />
        </Suspense>
      )}
      {removing && (
        <Remove
          box={removing}
          onClose={() => setRemoving(null)}
          onDone={() => {
            setRemoving(null)
            void boxes.again()
          }}
        />
      )}
    </Page>
  )
}
