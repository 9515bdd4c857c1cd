// The smallest store that a desk needs: values that tell their readers, one key at a time, so that a change to one
// conversation draws one row. Writes inside batch() are told once, at its end.
import { useCallback, useSyncExternalStore } from 'react'

type Listener = () => void

let depth = 0
const waiting = new Set<Listener>()

/** Runs `work`, telling every reader of what it changed once, after it. */
export function batch(work: () => void): void {
  depth++
  try {
    work()
  } finally {
    depth--
    if (depth === 0) {
      const due = [...waiting]
      waiting.clear()
      for (const listener of due) listener()
    }
  }
}

function tell(listeners: Iterable<Listener>): void {
  batch(() => {
    for (const listener of listeners) waiting.add(listener)
  })
}

export type Cell<T> = {
  get(): T
  set(next: T | ((old: T) => T)): void
  subscribe(listener: Listener): () => void
}

/** One value. Setting what is already there (Object.is) tells nobody. */
export function cell<T>(initial: T): Cell<T> {
  let value = initial
  const listeners = new Set<Listener>()
  return {
    get: () => value,
    set(next) {
      const to = typeof next === 'function' ? (next as (old: T) => T)(value) : next
      if (Object.is(to, value)) return
      value = to
      tell(listeners)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export type Table<K, V> = {
  get(key: K): V | undefined
  set(key: K, value: V): void
  patch(key: K, change: (old: V) => V): void
  delete(key: K): void
  keys(): K[]
  clear(): void
  subscribe(key: K, listener: Listener): () => void
}

/** Many values by key; a reader of one key hears of that key only. With `limit`, the least recently written go first. */
export function table<K, V>(limit = Number.POSITIVE_INFINITY): Table<K, V> {
  const rows = new Map<K, V>()
  const listeners = new Map<K, Set<Listener>>()
  const tellKey = (key: K) => tell(listeners.get(key) ?? [])

  const self: Table<K, V> = {
    get: (key) => rows.get(key),
    set(key, value) {
      if (Object.is(rows.get(key), value)) return
      rows.delete(key)
      rows.set(key, value)
      for (const oldest of rows.keys()) {
        if (rows.size <= limit) break
        if (!listeners.get(oldest)?.size) rows.delete(oldest)
        else break
      }
      tellKey(key)
    },
    patch(key, change) {
      const old = rows.get(key)
      if (old !== undefined) self.set(key, change(old))
    },
    delete(key) {
      if (rows.delete(key)) tellKey(key)
    },
    keys: () => [...rows.keys()],
    clear() {
      const keys = [...rows.keys()]
      rows.clear()
      batch(() => {
        for (const key of keys) tellKey(key)
      })
    },
    subscribe(key, listener) {
      const set = listeners.get(key) ?? new Set()
      listeners.set(key, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0) listeners.delete(key)
      }
    },
  }
  return self
}

export function useCell<T>(from: Cell<T>): T {
  return useSyncExternalStore(from.subscribe, from.get)
}

/** A part of a cell; the reader hears of it only when that part changes. `part` must return a stable value. */
export function usePart<T, P>(from: Cell<T>, part: (value: T) => P): P {
  return useSyncExternalStore(from.subscribe, () => part(from.get()))
}

export function useRow<K, V>(from: Table<K, V>, key: K): V | undefined {
  const subscribe = useCallback((listener: Listener) => from.subscribe(key, listener), [from, key])
  return useSyncExternalStore(subscribe, () => from.get(key))
}
