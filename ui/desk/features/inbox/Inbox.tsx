import { cx } from '@kit'
import { useEffect } from 'react'
import { Boundary } from '../../app/Boundary'
import { useCustomerOpen } from '../../app/customerPanel'
import { view as currentView, oursAlready, pathOf } from '../../app/go'
import { useCell } from '../../store/cell'
import { checked, selected } from '../../store/world'
import { ConversationPane } from '../conversation/ConversationPane'
import { CustomerPanel } from '../customer/CustomerPanel'
import { ListPane } from './ListPane'

/** Follows the address bar: a link, the browser's way back, or the first look. Our own writes are already on the screen. */
function useAddress(view: string, id: number | null): void {
  useEffect(() => {
    currentView.set(view)
    if (!oursAlready(pathOf(view, id))) selected.set(id)
  }, [view, id])
  useEffect(() => {
    if (view) checked.set(new Set())
  }, [view])
}

/** List, conversation and customer side by side; below 761 px one at a time. */
export function Inbox({ view, id }: { view: string; id: number | null }) {
  useAddress(view, id)
  const reading = useCell(selected)
  const panel = useCustomerOpen()
  return (
    <>
      <section
        className={cx(
          'flex w-[340px] min-w-0 shrink-0 flex-col border-e border-line max-three:w-[320px] max-two:w-full max-two:border-0',
          reading !== null && 'max-two:hidden',
        )}
      >
        <Boundary name="list" key={view}>
          <ListPane view={view} />
        </Boundary>
      </section>
      <main id="conversation" className={cx('flex min-w-0 flex-1 flex-col', reading === null && 'max-two:hidden')}>
        <Boundary name="conversation" about={reading}>
          <ConversationPane id={reading} />
        </Boundary>
      </main>
      {panel && reading !== null && (
        <Boundary name="customer" about={reading}>
          <CustomerPanel conversationId={reading} />
        </Boundary>
      )}
    </>
  )
}
