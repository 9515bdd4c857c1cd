// Whether the customer stands beside the conversation. On a wide screen that is a habit and is kept; on a narrow one the
// panel covers what one reads, so it opens only when asked for and goes when another conversation is opened.
import { useSyncExternalStore } from 'react'
import { cell, useCell, usePart } from '../store/cell'
import { selected } from '../store/world'
import { prefer, preferences } from './preferences'

const wide = window.matchMedia('(min-width: 1181px)')
const drawer = cell(false)
selected.subscribe(() => drawer.set(false))

const follow = (listener: () => void) => {
  wide.addEventListener('change', listener)
  return () => wide.removeEventListener('change', listener)
}

export const useWide = () => useSyncExternalStore(follow, () => wide.matches)

export function useCustomerOpen(): boolean {
  const beside = usePart(preferences, (own) => own.customer)
  const over = useCell(drawer)
  return useWide() ? beside : over
}

export function toggleCustomer(): void {
  if (wide.matches) prefer({ customer: !preferences.get().customer })
  else drawer.set((open) => !open)
}
