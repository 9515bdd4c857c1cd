import { useEffect } from 'react'
import { find, keymap, scene } from '../actions/action'
import { reader, typing, worksInFields } from '../actions/keys'
import { allActions } from './all'

const overlay = () => document.querySelector('[role="dialog"], [role="menu"], [role="alertdialog"]') !== null

/** Listens for the whole desk. A field keeps its letters; an open dialog keeps everything. */
export function useKeyboard(): void {
  useEffect(() => {
    const read = reader()
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || overlay()) return
      const inField = typing(event.target)
      const meanings = read(event, event.timeStamp).filter((keys) => !inField || worksInFields(keys))
      const action = find(allActions, meanings, keymap.get(), scene())
      if (!action) return
      event.preventDefault()
      action.perform(scene())
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])
}
