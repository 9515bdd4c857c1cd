import { Button, Chip } from '@kit'
import { AtSign, Plus } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client'
import type { Desk } from '../../api/types'
import { Card, Loaded, Page } from '../../app/Page'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { me } from '../../store/world'
import { t } from '../../text/t'
import { DeskForm } from './DeskForm'
import { useDesks } from './useDesks'

/** "4 working hours": whole hours as hours, the rest as minutes. */
export function workingTime(minutes: number): string {
  return minutes % 60 === 0 ? t('desks.hoursShort', { count: minutes / 60 }) : `${minutes} ${t('desks.minutes')}`
}

/** The addresses customers write to, and how each is answered. */
export function Desks() {
  const list = useDesks()
  const teams = useResource('teams', async () => (await api.get('/teams')).items)
  const calendars = useResource('calendars', async () => (await api.get('/calendars')).items)
  const [open, setOpen] = useState<Desk | 'new' | null>(null)
  const owner = useCell(me)?.role === 'owner'
  if (open) {
    return (
      <DeskForm
        desk={open === 'new' ? null : open}
        teams={teams.data ?? []}
        calendars={calendars.data ?? []}
        onDone={() => {
          setOpen(null)
          void list.again()
        }}
      />
    )
  }
  const add = (
    <Button tone="primary" icon={Plus} disabled={!teams.data || !calendars.data} onClick={() => setOpen('new')}>
      {t('desks.new')}
    </Button>
  )
  return (
    <Page title={t('desks.title')} lead={t('desks.lead')} action={owner && add}>
      <Loaded from={list}>
        {(items) => (
          <Card>
            {items.map((desk) => (
              <div key={desk.id} className="flex items-center gap-3 px-4 py-3">
                <AtSign size={18} aria-hidden className="shrink-0 text-ink-2" />
                <div className="min-w-0 flex-1">
                  <p className="truncate font-medium">
                    <bdi>{desk.name}</bdi> <bdi className="font-normal text-ink-2">{desk.address}</bdi>
                  </p>
                  <p className="text-dense text-ink-2">
                    {t('desks.summary', {
                      first: workingTime(desk.first_reply_minutes),
                      next: workingTime(desk.next_reply_minutes),
                    })}
                  </p>
                </div>
                {desk.transport === 'hold' && <Chip tone="risk">{t('desks.holding')}</Chip>}
                <Button
                  disabled={!teams.data || !calendars.data}
                  onClick={() => setOpen(desk)}
                  aria-label={`${t('action.edit')}: ${desk.name}`}
                >
                  {t('action.edit')}
                </Button>
              </div>
            ))}
            {!items.length && <p className="px-4 py-3 text-dense text-ink-2">{t('desks.empty')}</p>}
          </Card>
        )}
      </Loaded>
    </Page>
  )
}
