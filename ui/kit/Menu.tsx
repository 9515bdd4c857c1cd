import { cloneElement, lazy, type ReactElement, Suspense, useState } from 'react'
import type { Icon } from './Button'

export type MenuItem =
  | { kind?: 'item'; label: string; icon?: Icon; keys?: string | undefined; danger?: boolean; onSelect: () => void }
  | { kind: 'line' }

export type MenuProps = { trigger: ReactElement<Trigger>; items: () => MenuItem[]; start?: boolean }
type Trigger = { onClick?: () => void; onPointerEnter?: () => void; onFocus?: () => void; 'aria-haspopup'?: 'menu' }

const load = () => import('./OpenMenu')
const OpenMenu = lazy(load)

/**
 * A short list of things to do, opened by `trigger`, at whose end it stands (or at whose `start`). It costs nothing until it
 * is first asked for, and is fetched as soon as somebody reaches for it: most menus on a screen are never opened.
 */
export function Menu(props: MenuProps) {
  const [asked, setAsked] = useState(false)
  const reach = () => void load()
  const trigger = cloneElement(props.trigger, {
    'aria-haspopup': 'menu',
    onClick: () => setAsked(true),
    onPointerEnter: reach,
    onFocus: reach,
  })
  if (!asked) return trigger
  return (
    <Suspense fallback={trigger}>
      <OpenMenu {...props} />
    </Suspense>
  )
}
