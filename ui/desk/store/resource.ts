// For screens that are not live lists: ask once, show what was known while asking again.
import { useCallback, useEffect } from 'react'
import { sentence } from '../api/client'
import { table, useRow } from './cell'

type State = { data: unknown; error: string | null; asking: boolean }

const known = table<string, State>(100)
const running = new Map<string, Promise<void>>()

async function ask(key: string, fetcher: () => Promise<unknown>): Promise<void> {
  const going = running.get(key)
  if (going) return going
  known.set(key, { data: known.get(key)?.data, error: null, asking: true })
  const run = fetcher()
    .then(
      (data) => known.set(key, { data, error: null, asking: false }),
      (error) => known.set(key, { data: known.get(key)?.data, error: sentence(error), asking: false }),
    )
    .finally(() => running.delete(key))
  running.set(key, run)
  return run
}

export type Resource<T> = {
  data: T | undefined
  error: string | null
  asking: boolean
  again: () => Promise<void>
  set: (change: (old: T) => T) => void
}

/** What `fetcher` gives, kept under `key` and shared by all who ask for it. Null as a key asks for nothing. */
export function useResource<T>(key: string | null, fetcher: () => Promise<T>): Resource<T> {
  const state = useRow(known, key ?? '')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names what is asked for; a new function asks for the same
  useEffect(() => {
    if (key !== null) void ask(key, fetcher)
  }, [key])
  const again = useCallback(async () => {
    if (key === null) return
    await running.get(key)
    await ask(key, fetcher)
  }, [key, fetcher])
  const set = useCallback(
    (change: (old: T) => T) => {
      if (key !== null) known.patch(key, (old) => ({ ...old, data: change(old.data as T) }))
    },
    [key],
  )
  return { data: state?.data as T | undefined, error: state?.error ?? null, asking: state?.asking ?? true, again, set }
}

export const forgetResources = () => known.clear()
