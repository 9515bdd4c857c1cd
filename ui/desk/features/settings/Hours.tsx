import { Button, Dialog, IconButton, TextField, Trouble } from '@kit'
import { CalendarDays, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client'
import type { Calendar } from '../../api/types'
import { Card, Loaded, Page } from '../../app/Page'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { toast } from '../../store/toasts'
import { now } from '../../store/world'
import { locale, t } from '../../text/t'
import { dateOnly } from '../../text/time'
import { Zone } from '../signin/Setup'
import { fromClock, nextSpan, type Span, toClock, upcoming } from './hours'
import { useForm } from './useForm'

/** Monday first, in the reader's language. */
const dayNames = () =>
  Array.from({ length: 7 }, (_, day) =>
    new Intl.DateTimeFormat(locale(), { weekday: 'long' }).format(new Date(2024, 0, 1 + day)),
  )

const office: Span[][] = [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? [{ from: 540, to: 1020 }] : []))

function Day({ name, spans, onChange }: { name: string; spans: Span[]; onChange: (spans: Span[]) => void }) {
  const edit = (index: number, side: 'from' | 'to', text: string) => {
    const minutes = fromClock(text)
    if (minutes !== null) onChange(spans.map((span, at) => (at === index ? { ...span, [side]: minutes } : span)))
  }
  return (
    <div className="flex flex-wrap items-center gap-2 py-1">
      <span className="w-28 text-dense font-medium">{name}</span>
      {!spans.length && <span className="flex-1 text-dense text-ink-2">{t('hours.closed')}</span>}
      <div className="flex flex-1 flex-col gap-1 empty:hidden">
        {spans.map((span, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a stretch has no name but its place in the day
          <div key={index} className="flex items-center gap-2">
            {(['from', 'to'] as const).map((side) => (
              <input
                key={side}
                type="time"
                dir="ltr"
                aria-label={`${name} ${t(`hours.${side}`)}`}
                value={toClock(span[side] % 1440)}
                onChange={(event) => edit(index, side, event.target.value)}
                className="h-8 rounded-md border border-line-strong bg-bg px-2 text-dense"
              />
            ))}
            <IconButton
              icon={X}
              label={`${t('hours.removeSpan')}: ${name} ${toClock(span.from)}`}
              onClick={() => onChange(spans.filter((_, at) => at !== index))}
            />
          </div>
        ))}
      </div>
      <IconButton
        icon={Plus}
        label={`${t('hours.addSpan')}: ${name}`}
        onClick={() => onChange([...spans, nextSpan(spans)])}
      />
    </div>
  )
}

function Holidays({ list, onChange }: { list: Calendar['holidays']; onChange: (list: Calendar['holidays']) => void }) {
  const [date, setDate] = useState('')
  const [name, setName] = useState('')
  const today = useCell(now).toISOString().slice(0, 10)
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-dense font-medium">{t('hours.holidays')}</h3>
      <ul className="max-h-40 overflow-y-auto text-dense">
        {upcoming(list, today).map((day) => (
          <li key={day.date + day.name} className="flex min-h-7 items-center gap-3">
            <time dateTime={day.date} className="w-28 text-ink-2">
              {dateOnly(`${day.date}T12:00:00`)}
            </time>
            <bdi className="flex-1">{day.name}</bdi>
            {day.own && (
              <IconButton
                icon={X}
                label={`${t('action.remove')}: ${day.name}`}
                onClick={() => onChange(list.filter((other) => other !== day))}
              />
            )}
          </li>
        ))}
      </ul>
      <div className="grid grid-cols-[150px_minmax(0,1fr)_auto] items-end gap-2">
        <TextField
          label={t('hours.holidayDate')}
          type="date"
          dir="ltr"
          value={date}
          onChange={(event) => setDate(event.target.value)}
        />
        <TextField label={t('hours.holidayName')} value={name} onChange={(event) => setName(event.target.value)} />
        <Button
          large
          disabled={!date || !name.trim()}
          onClick={() => {
            onChange([...list, { date, name: name.trim(), own: true }])
            setDate('')
            setName('')
          }}
        >
          {t('action.add')}
        </Button>
      </div>
    </section>
  )
}

function Form({ calendar, onClose, onSaved }: { calendar: Calendar | null; onClose: () => void; onSaved: () => void }) {
  const form = useForm(
    {
      name: calendar?.name ?? '',
      zone: calendar?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      country: calendar?.country ?? '',
      hours: calendar?.hours ?? office,
      holidays: calendar?.holidays ?? [],
    },
    async (values) => {
      await (calendar ? api.patch(`/calendars/${calendar.id}`, values) : api.post('/calendars', values))
      toast(t('action.saved'))
      onSaved()
    },
  )
  const { values, edit, field } = form
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={calendar?.name ?? t('hours.new')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" busy={form.busy} onClick={() => void form.submit()}>
            {t('action.save')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 pb-2">
        {form.trouble && <Trouble title={form.trouble} />}
        <TextField label={t('hours.name')} {...field('name')} required maxLength={200} />
        <Zone {...field('zone')} hint="" />
        <TextField
          label={t('hours.country')}
          hint={t('hours.countryHint')}
          dir="ltr"
          {...field('country')}
          maxLength={10}
        />
        <div>
          {dayNames().map((name, day) => (
            <Day
              key={name}
              name={name}
              spans={values.hours[day] ?? []}
              onChange={(spans) => edit({ hours: values.hours.map((old, at) => (at === day ? spans : old)) })}
            />
          ))}
        </div>
        <Holidays list={values.holidays} onChange={(holidays) => edit({ holidays })} />
      </div>
    </Dialog>
  )
}

/** When people work: what promises are counted in. */
export function Hours() {
  const calendars = useResource('calendars', async () => (await api.get('/calendars')).items)
  const [open, setOpen] = useState<Calendar | 'new' | null>(null)
  const today = useCell(now).toISOString().slice(0, 10)
  return (
    <Page
      title={t('hours.title')}
      lead={t('hours.lead')}
      action={
        <Button tone="primary" icon={Plus} onClick={() => setOpen('new')}>
          {t('hours.new')}
        </Button>
      }
    >
      <Loaded from={calendars}>
        {(list) => (
          <Card>
            {list.map((calendar) => (
              <div key={calendar.id} className="flex items-center gap-3 px-4 py-3">
                <CalendarDays size={18} aria-hidden className="shrink-0 text-ink-2" />
                <div className="min-w-0 flex-1">
                  <p className="truncate font-medium" dir="auto">
                    {calendar.name}
                  </p>
                  <p className="text-dense text-ink-2">
                    {calendar.zone} · {t('hours.holidaysNext', { count: upcoming(calendar.holidays, today).length })}
                  </p>
                </div>
                <Button onClick={() => setOpen(calendar)} aria-label={`${t('action.edit')}: ${calendar.name}`}>
                  {t('action.edit')}
                </Button>
              </div>
            ))}
          </Card>
        )}
      </Loaded>
      {open && (
        <Form
          calendar={open === 'new' ? null : open}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null)
            void calendars.again()
          }}
        />
      )}
    </Page>
  )
}
