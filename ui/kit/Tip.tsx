import { Tooltip } from '@base-ui/react/tooltip'
import type { ReactElement } from 'react'
import { Kbd } from './Kbd'

export const TipProvider = Tooltip.Provider

/** A short hint over one control, on hover and keyboard focus. Never the only place a fact is said. */
export function Tip({ text, keys, children }: { text: string; keys?: string | undefined; children: ReactElement }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} collisionPadding={8} className="z-50">
          <Tooltip.Popup className="flex max-w-64 items-center gap-1.5 rounded-md bg-raised px-2 py-1 text-meta text-ink shadow-overlay">
            {text}
            {keys && <Kbd keys={keys} />}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
