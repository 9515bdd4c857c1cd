import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { IconButton } from './Button'
import { cx } from './cx'

type DialogProps = {
  open: boolean
  onClose: () => void
  title: string
  lead?: ReactNode
  children: ReactNode
  footer?: ReactNode
  wide?: boolean
  focus?: RefObject<HTMLElement | null>
  closeLabel: string
}

/** A question over the desk; on a phone it is a sheet from the bottom edge. Esc and the cross always leave it. */
export function Dialog({ open, onClose, title, lead, children, footer, wide, focus, closeLabel }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Base.Popup
          {...(focus ? { initialFocus: focus } : {})}
          className={cx(
            'fixed z-40 flex max-h-[calc(100dvh-32px)] flex-col bg-bg shadow-overlay outline-none',
            'inset-x-0 bottom-0 rounded-t-lg two:inset-x-auto two:bottom-auto two:start-1/2 two:top-[12dvh] two:max-h-[76dvh] two:rounded-lg',
            'two:-translate-x-1/2 rtl:two:translate-x-1/2',
            wide ? 'two:w-[640px]' : 'two:w-[460px]',
          )}
        >
          <div className="px-5 pt-4 pb-2 pe-14">
            <div className="min-w-0">
              <Base.Title className="text-title font-semibold">{title}</Base.Title>
              {lead && <Base.Description className="mt-0.5 text-dense text-ink-2">{lead}</Base.Description>}
            </div>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-2">{children}</div>
          {footer && (
            <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">{footer}</div>
          )}
          {/* Last in the order of focus: opening a dialog leads into it, not to its way out. */}
          <Base.Close render={<IconButton icon={X} label={closeLabel} className="absolute end-3 top-3.5" />} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
