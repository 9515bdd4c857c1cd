// How this person likes the desk on this device: light or dark, roomy or compact, which panels are open.
import { cell } from '../store/cell'

export type Theme = 'light' | 'dark' | 'system'
export type Preferences = {
  theme: Theme
  compact: boolean
  customer: boolean
  plain: boolean
  language: string
  direction: 'auto' | 'ltr' | 'rtl'
}

const key = 'kept.preferences'
const given: Preferences = {
  theme: 'system',
  compact: false,
  customer: true,
  plain: false,
  language: '',
  direction: 'auto',
}

function read(): Preferences {
  try {
    return { ...given, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>) }
  } catch {
    return given
  }
}

export const preferences = cell<Preferences>(read())

export function prefer(change: Partial<Preferences>): void {
  preferences.set((old) => ({ ...old, ...change }))
  localStorage.setItem(key, JSON.stringify(preferences.get()))
  dress()
}

/** Puts the theme on the page. */
export function dress(): void {
  const { theme } = preferences.get()
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}
