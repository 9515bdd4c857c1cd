import { Menu as Base } from '@base-ui/react/menu'
import { cx } from './cx'
import { Kbd } from './Kbd'
import type { MenuProps } from './Menu'

/** The list itself, open from the first moment: whoever loads it has already been asked for it. */
export default function OpenMenu({ trigger, items, start }: MenuProps) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} collisionPadding={8} align={start ? 'start' : 'end'} className="z-50">
          <Base.Popup className="min-w-48 rounded-lg bg-raised p-1 shadow-overlay outline-none">
            {items().map((item, index) =>
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
