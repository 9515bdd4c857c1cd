import { lazy, Suspense } from 'react'
import { useCell } from '../store/cell'
import { question } from './dialogs'

const Palette = lazy(() => import('./Palette'))
const KeysHelp = lazy(() => import('./KeysHelp'))
const Assign = lazy(() => import('../features/conversation/Assign'))
const Snooze = lazy(() => import('../features/conversation/Snooze'))
const Close = lazy(() => import('../features/conversation/Close'))
const Compose = lazy(() => import('../features/composer/Compose'))

/** Draws the question that is open over the desk, if any. */
export function Questions() {
  const open = useCell(question)
  if (!open) return null
  return (
    <Suspense>
      {open.kind === 'palette' && <Palette />}
      {open.kind === 'keys' && <KeysHelp />}
      {open.kind === 'assign' && <Assign ids={open.ids} />}
      {open.kind === 'snooze' && <Snooze ids={open.ids} />}
      {open.kind === 'close' && <Close ids={open.ids} />}
      {open.kind === 'compose' && <Compose to={open.to} />}
    </Suspense>
  )
}
