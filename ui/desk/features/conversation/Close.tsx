import { Button, Dialog, TextField, Trouble } from '@kit'
import { Archive, CircleAlert, Clock, CornerUpLeft } from 'lucide-react'
import { useEffect, useEffectEvent, useState } from 'react'
import type { Obstacle } from '../../api/client'
import { answered } from '../../app/dialogs'
import { checked, conversations } from '../../store/world'
import { t } from '../../text/t'
import { startWriting } from '../composer/modes'
import { shortName } from '../composer/rules'
import { type EndingReason, endingKey, endings } from './endings'
import { close } from './verbs'

type Kept = { id: number; obstacles: Obstacle[] }

/** Tries to close at once; only where somebody still waits does it ask anything. */
export default function Close({ ids }: { ids: number[] }) {
  const [kept, setKept] = useState<Kept[] | null>(null)
  const attempt = useEffectEvent(async () => {
    checked.set(new Set())
    const results: Kept[] = []
    for (const id of ids) results.push({ id, obstacles: await close(id) })
    const stuck = results.filter((result) => result.obstacles.length)
    // A trouble was told already; a question needs an answer.
    if (stuck.every((result) => result.obstacles.every((one) => one.kind === 'trouble'))) answered()
    else setKept(stuck)
  })
  useEffect(() => void attempt(), [])
  if (!kept) return null
  const only = kept.length === 1 ? kept[0] : undefined
  return only && ids.length === 1 ? <One kept={only} /> : <Several kept={kept} />
}

const icon = (kind: string) => (kind.includes('promise') ? Clock : CircleAlert)

function Obstacles({ list }: { list: Obstacle[] }) {
  return (
    <ul className="flex flex-col gap-2">
      {list.map((obstacle) => {
        const Glyph = icon(obstacle.kind)
        return (
          <li key={obstacle.sentence} className="flex items-start gap-2 rounded-lg bg-risk-soft px-3 py-2 text-dense">
            <Glyph size={15} aria-hidden className="mt-px shrink-0 text-risk" />
            <bdi>{obstacle.sentence}</bdi>
          </li>
        )
      })}
    </ul>
  )
}

function One({ kept }: { kept: Kept }) {
  const [reason, setReason] = useState<EndingReason | ''>('')
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [obstacles, setObstacles] = useState(kept.obstacles)
  const customer = conversations.get(kept.id)?.customer
  const name = shortName(customer?.name ?? '', customer?.address ?? '')
  const end = async () => {
    if (!reason) return
    setBusy(true)
    const left = await close(kept.id, { reason, ...(note.trim() ? { note: note.trim() } : {}) })
    setBusy(false)
    if (!left.length) answered()
    else setObstacles(left)
  }
  return (
    <Dialog
      open
      onClose={answered}
      title={t('close.obstacles')}
      lead={t('close.lead')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button icon={Archive} busy={busy} disabled={!reason} onClick={() => void end()}>
            {t('close.do')}
          </Button>
          <Button
            tone="primary"
            icon={CornerUpLeft}
            onClick={() => {
              answered()
              startWriting(kept.id, 'reply')
            }}
          >
            <bdi>{t('close.answer', { name })}</bdi>
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Obstacles list={obstacles} />
        <fieldset className="flex flex-col">
          <legend className="mb-1 text-dense font-medium">{t('close.without')}</legend>
          {endings.map((ending) => (
            <label
              key={ending}
              className="flex min-h-8 cursor-pointer items-center gap-2.5 rounded-md px-1 text-dense hover:bg-subtle"
            >
              <input type="radio" name="ending" checked={reason === ending} onChange={() => setReason(ending)} />
              {t(endingKey(ending))}
            </label>
          ))}
        </fieldset>
        {reason === 'other' && (
          <TextField
            label={t('close.why')}
            value={note}
            maxLength={200}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
      </div>
    </Dialog>
  )
}

function Several({ kept }: { kept: Kept[] }) {
  return (
    <Dialog
      open
      onClose={answered}
      title={t('close.kept', { count: kept.length })}
      closeLabel={t('action.close')}
      footer={<Button onClick={answered}>{t('action.close')}</Button>}
    >
      <ul className="flex flex-col gap-3">
        {kept.map(({ id, obstacles }) => (
          <li key={id}>
            <Trouble
              title={conversations.get(id)?.customer.name ?? ''}
              text={obstacles.map((one) => one.sentence).join(' ')}
            />
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
