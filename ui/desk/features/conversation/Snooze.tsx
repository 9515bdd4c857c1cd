import { Button, cx, Dialog, TextField } from '@kit'
import { useRef, useState } from 'react'
import { answered } from '../../app/dialogs'
import { useCell } from '../../store/cell'
import { checked, now } from '../../store/world'
import { t } from '../../text/t'
import { fieldValue, fromField, moment } from '../../text/time'
import { snoozeTimes } from './snoozeTimes'
import { snooze } from './verbs'

/** A snooze says what will be done and when: it is a promise, and comes back by itself. */
export default function Snooze({ ids }: { ids: number[] }) {
  const present = useCell(now)
  const times = snoozeTimes(present)
  const [reason, setReason] = useState('')
  const [at, setAt] = useState<Date>(() => times.find((time) => time.label === 'snooze.tomorrow')?.at ?? present)
  const [own, setOwn] = useState(false)
  const [tried, setTried] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const past = at.getTime() <= present.getTime()

  const save = () => {
    setTried(true)
    if (!reason.trim() || past) return field.current?.focus()
    answered()
    checked.set(new Set())
    for (const id of ids) void snooze(id, at, reason.trim())
  }
  return (
    <Dialog
      open
      onClose={answered}
      title={t('snooze.title')}
      lead={t('snooze.lead')}
      focus={field}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={answered}>{t('action.cancel')}</Button>
          <Button tone="primary" keys="mod+enter" onClick={save}>
            {t('snooze.do', { when: moment(at.toISOString(), present) })}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save()
        }}
      >
        <TextField
          ref={field}
          label={t('snooze.reason')}
          hint={t('snooze.reasonHint')}
          error={tried && !reason.trim() ? t('snooze.reasonNeeded') : undefined}
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div role="radiogroup" aria-label={t('snooze.when')} className="flex flex-col gap-px">
          {times.map((time) => (
            <Choice
              key={time.label}
              on={!own && +time.at === +at}
              label={t(time.label)}
              detail={moment(time.at.toISOString(), present)}
              onChoose={() => {
                setAt(time.at)
                setOwn(false)
              }}
            />
          ))}
          <Choice on={own} label={t('snooze.other')} detail="" onChoose={() => setOwn(true)} />
        </div>
        {own && (
          <TextField
            label={t('snooze.when')}
            type="datetime-local"
            dir="ltr"
            min={fieldValue(present)}
            value={fieldValue(at)}
            error={past ? t('snooze.past') : undefined}
            onChange={(event) => event.target.value && setAt(fromField(event.target.value))}
          />
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}

function Choice({ on, label, detail, onChoose }: { on: boolean; label: string; detail: string; onChoose: () => void }) {
  return (
    <label
      className={cx(
        'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-dense',
        on ? 'bg-accent-soft font-medium' : 'hover:bg-subtle',
      )}
    >
      <input type="radio" name="snooze" checked={on} onChange={onChoose} />
      <span className="flex-1">{label}</span>
      <span className="tabular text-ink-2">{detail}</span>
    </label>
  )
}
