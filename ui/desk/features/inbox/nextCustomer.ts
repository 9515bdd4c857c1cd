// "Next customer": the one we owe most, among those who are mine or nobody's. The due list already says who that is.
import { screen } from '../../actions/action'
import { api, sentence } from '../../api/client'
import type { Conversation } from '../../api/types'
import { choose, go, pathOf, view } from '../../app/go'
import { lists } from '../../store/lists'
import { toast, trouble } from '../../store/toasts'
import { hearAll } from '../../store/truth'
import { me, selected } from '../../store/world'
import { t } from '../../text/t'

/** The first of a due list that I may take up and am not reading already. */
export function pickNext(due: Conversation[], myId: number, reading: number | null): Conversation | undefined {
  return due.find(
    (one) =>
      one.id !== reading &&
      one.waiting_on === 'us' &&
      !one.snoozed_until &&
      (one.person_id === null || one.person_id === myId),
  )
}

export async function nextCustomer(): Promise<void> {
  try {
    const due = await api.get('/conversations', { view: 'due', limit: 100 })
    hearAll(due.items)
    const next = pickNext(due.items, me.get()?.id ?? 0, selected.get())
    if (!next) return void toast(t('done.nobodyWaits'))
    const here = screen.get() === 'inbox' && lists.get(view.get())?.ids.includes(next.id)
    if (here) choose(next.id)
    else go(pathOf('due', next.id))
  } catch (error) {
    trouble(sentence(error))
  }
}
