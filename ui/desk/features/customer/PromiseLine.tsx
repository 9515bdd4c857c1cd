import { Chip, type ChipTone } from '@kit'
import { Check, Clock, type LucideIcon, Minus, X } from 'lucide-react'
import type { Promised } from '../../api/types'
import { useCell } from '../../store/cell'
import { now } from '../../store/world'
import { type Key, t } from '../../text/t'
import { moment, span } from '../../text/time'
import { stateOf, words } from './promise'

const looks: Record<string, [ChipTone, LucideIcon]> = {
  active: ['due', Clock],
  missed: ['broken', X],
  kept: ['kept', Check],
  kept_late: ['risk', Check],
  noAnswer: ['calm', Minus],
  dismissed: ['calm', Minus],
  released: ['calm', Minus],
}

/** One promise: what it is, and what became of it. */
export function PromiseLine({ promise, subject }: { promise: Promised; subject: string | undefined }) {
  const present = useCell(now)
  const state = stateOf(promise, present)
  const [tone, icon] = looks[state] ?? (['calm', Clock] as [ChipTone, LucideIcon])
  const values = {
    when: promise.due_at ? moment(promise.due_at, present) : '',
    span: promise.due_at ? span(present.getTime() - Date.parse(promise.due_at)) : '',
  }
  const what = words(promise, subject)
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-2 gap-y-0.5 py-1">
      <bdi className="line-clamp-2 max-w-full min-w-0 grow break-words" title={what}>
        {what}
      </bdi>
      <Chip tone={tone} icon={icon}>
        {t(`promise.state.${state}` as Key, values)}
      </Chip>
    </li>
  )
}
