// Texts being written. Every change is kept on this device at once and on the server a second later (replies only: a
// note's draft stays with its writer). Signing out removes what is on the device.
import { api, Problem } from '../../api/client'
import type { Address } from '../../api/types'
import { cell, table } from '../../store/cell'
import { me } from '../../store/world'
import type { Mode } from './modes'
import { blank, type Draft, hasWords, isUntouched, readAddresses, written } from './rules'
import { begin, settle } from './seen'

export const drafts = table<string, Draft>()
export type Saving = 'idle' | 'saving' | 'saved' | 'here'
export const saving = cell<Saving>('idle')

export const draftKey = (id: number, mode: Mode) => `${id}:${mode}`
const local = (key: string) => `kept.draft.${me.get()?.id ?? 0}.${key}`

export function readLocal(key: string): Draft | null {
  try {
    const stored = JSON.parse(localStorage.getItem(local(key)) ?? 'null') as Partial<Draft> | null
    return stored ? { ...blank, ...stored } : null
  } catch {
    return null
  }
}

function writeLocal(key: string, draft: Draft): void {
  if (isUntouched(draft)) localStorage.removeItem(local(key))
  else localStorage.setItem(local(key), JSON.stringify(draft))
}

const timers = new Map<string, ReturnType<typeof setTimeout>>()
const stored = new Set<number>()

export function change(id: number, mode: Mode, edit: Partial<Draft>): void {
  const key = draftKey(id, mode)
  const next = { ...(drafts.get(key) ?? blank), ...edit }
  drafts.set(key, next)
  writeLocal(key, next)
  if (mode !== 'reply') return
  if (hasWords(next)) begin(id)
  else settle(id)
  saving.set('saving')
  clearTimeout(timers.get(key))
  timers.set(
    key,
    setTimeout(() => void save(id, next), 1000),
  )
}

async function save(id: number, draft: Draft): Promise<void> {
  try {
    if (isUntouched(draft)) {
      if (stored.delete(id)) await api.delete(`/conversations/${id}/draft`)
      saving.set('idle')
      return
    }
    const plain = (list: Address[]) => list.map(written)
    await api.put(`/conversations/${id}/draft`, {
      text: draft.text,
      html: draft.html,
      cc: plain(draft.cc),
      bcc: plain(draft.bcc),
    })
    stored.add(id)
    saving.set('saved')
  } catch {
    saving.set('here')
  }
}

const asAddresses = (list: string[]): Address[] => list.flatMap((one) => readAddresses(one).good)

/** Opens a text: the one on this device, else the one the server keeps (written on another device), else a blank one. */
export async function openDraft(id: number, mode: Mode, start: Partial<Draft>): Promise<void> {
  const key = draftKey(id, mode)
  if (drafts.get(key)) return
  const here = readLocal(key)
  drafts.set(key, here ?? { ...blank, ...start })
  if (here || mode === 'note') return
  try {
    const there = await api.get(`/conversations/${id}/draft`)
    const untouched = isUntouched(drafts.get(key) ?? blank)
    if (!there.text || !untouched) return
    stored.add(id)
    const cc = asAddresses(there.cc)
    drafts.set(key, {
      ...blank,
      ...start,
      text: there.text,
      html: there.html,
      ...(cc.length ? { cc } : {}),
      bcc: asAddresses(there.bcc),
    })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
}

/** Forgets a text: it was sent, or thrown away. */
export function clearDraft(id: number, mode: Mode, start: Partial<Draft> = {}): void {
  const key = draftKey(id, mode)
  clearTimeout(timers.get(key))
  drafts.set(key, { ...blank, ...start })
  localStorage.removeItem(local(key))
  saving.set('idle')
  if (mode === 'reply' && stored.delete(id)) api.delete(`/conversations/${id}/draft`).catch(() => {})
}

/** Puts a text back, for instance after its sending was undone. */
export function restoreDraft(id: number, mode: Mode, draft: Draft): void {
  drafts.set(draftKey(id, mode), draft)
  change(id, mode, {})
}
