// What may be sent, and what an address is: pure rules, so that every composer behaves alike.
import type { Address, Message } from '../../api/types'

export type UploadedFile = { id: number; name: string; type: string; size: number }

export type Draft = {
  text: string
  html: string
  to: Address[]
  cc: Address[]
  bcc: Address[]
  files: UploadedFile[]
}

export const blank: Draft = { text: '', html: '', to: [], cc: [], bcc: [], files: [] }

/** The largest file that is worth trying to send by mail. */
export const fileLimit = 25_000_000

const plausible = /^[^\s@<>(),;:"]+@[^\s@<>(),;:"]+\.[^\s@<>(),;:".]+$/u

export const isAddress = (text: string) => plausible.test(text) && text.length <= 254

/** Reads what a person typed or pasted: "Amina <amina@example.com>, jonas@example.com". Gives what was read and what was not. */
export function readAddresses(text: string): { good: Address[]; bad: string[] } {
  const good: Address[] = []
  const bad: string[] = []
  for (const part of text.split(/[,;\n]+(?=(?:[^"]*"[^"]*")*[^"]*$)/)) {
    const one = part.trim()
    if (!one) continue
    const named = /^"?([^"<]*)"?\s*<([^>]+)>$/.exec(one)
    const address = (named?.[2] ?? one).trim()
    if (isAddress(address)) good.push({ name: (named?.[1] ?? '').trim(), address })
    else if (/^\S+(\s+\S+)+$/.test(one) && one.split(/\s+/).every(isAddress)) {
      for (const word of one.split(/\s+/)) good.push({ name: '', address: word })
    } else bad.push(one)
  }
  return { good, bad }
}

/** An address as the API reads it: "Amina Okafor <amina@example.com>", the name in quotes where it holds a comma or the like. */
export function written({ name, address }: Address): string {
  if (!name) return address
  const safe = /^[\p{L}\p{N} ._'-]+$/u.test(name) ? name : `"${name.replace(/["\\]/g, '')}"`
  return `${safe} <${address}>`
}

/** The same person twice is one recipient. */
export function merged(...lists: Address[][]): Address[] {
  const seen = new Set<string>()
  return lists.flat().filter((one) => {
    const key = one.address.toLowerCase()
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

export const hasWords = (draft: Draft) => draft.text.trim() !== '' || draft.files.length > 0
export const isUntouched = (draft: Draft) => !hasWords(draft) && draft.bcc.length === 0

/** The newest message an agent has in front of them, which an answer must not overlook. */
export function newestSeen(messages: Message[]): number | undefined {
  return messages.findLast((message) => message.direction === 'in' || message.direction === 'out')?.id
}

/** First name, for a button; the whole where it is an address or one word. */
export function shortName(name: string, address: string): string {
  const whole = name.trim() || address
  if (whole.includes('@') || whole.includes(',')) return whole
  return whole.split(/\s+/)[0] ?? whole
}
