import { Menu as Base } from '@base-ui/react/menu'
import { Ellipsis } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import type { Icon } from './Button'
import { cx } from './cx'
import { Kbd } from './Kbd'

export type MenuItem =
  | { kind?: 'item'; label: string; icon?: Icon; keys?: string | undefined; danger?: boolean; onSelect: () => void }
  | { kind: 'line' }

type MenuProps = { trigger: ReactElement; items: MenuItem[]; start?: boolean; open?: boolean }

/** A short list of things to do, opened by `trigger`, at whose end it stands (or at whose `start`). `open` has it begin open. */
export function Menu({ trigger, items, start, open }: MenuProps) {
  return (
    <Base.Root defaultOpen={open ?? false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} collisionPadding={8} align={start ? 'start' : 'end'} className="z-50">
          <Base.Popup className="min-w-48 rounded-lg bg-raised p-1 shadow-overlay outline-none">
            {items.map((item, index) =>
              item.kind === 'line' ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name
                <Base.Separator key={index} className="my-1 h-px bg-line" />
              ) : (
                <Base.Item
                  key={item.label}
                  onClick={item.onSelect}
                  className={cx(
                    'flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-dense outline-none select-none data-highlighted:bg-sunken pointer-coarse:min-h-11',
                    item.danger && 'text-broken',
                  )}
                >
                  {item.icon && <item.icon size={15} aria-hidden className="shrink-0" />}
                  <span className="flex-1">{item.label}</span>
                  {item.keys && <Kbd keys={item.keys} />}
                </Base.Item>
              ),
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

type LateMenuProps = { label: string; items: () => MenuItem[]; className?: string }

/** A menu behind three dots that costs nothing until it is first asked for: for the many of which few are ever opened. */
export function LateMenu({ label, items, className }: LateMenuProps) {
  const [asked, setAsked] = useState(false)
  const dots = (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-haspopup="menu"
      onClick={() => setAsked(true)}
      className={cx(
        'touch-target grid size-6 shrink-0 place-items-center rounded-md text-ink-2 hover:bg-sunken hover:text-ink',
        className,
      )}
    >
      <Ellipsis size={14} aria-hidden />
    </button>
  )
  return asked ? <Menu open trigger={dots} items={items()} /> : dots
}
