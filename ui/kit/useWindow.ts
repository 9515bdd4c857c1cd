import { type RefObject, useEffect, useState } from 'react'

export type Slice = { start: number; end: number }

/** The rows of a fixed height that are to be drawn: those in sight and `extra` on either side. */
export function slice(scrolled: number, seen: number, height: number, count: number, extra: number): Slice {
  const start = Math.max(0, Math.floor(scrolled / height) - extra)
  const end = Math.min(count, Math.ceil((scrolled + seen) / height) + extra)
  return { start: Math.min(start, end), end }
}

/** Follows a scrolling box of `count` rows and gives the slice to draw; draws again only when the slice moves. */
export function useWindow(box: RefObject<HTMLElement | null>, count: number, height: number, extra = 6): Slice {
  const [range, setRange] = useState<Slice>({ start: 0, end: Math.min(count, 24) })
  useEffect(() => {
    const node = box.current
    if (!node) return
    const measure = () => {
      const next = slice(node.scrollTop, node.clientHeight, height, count, extra)
      setRange((old) => (old.start === next.start && old.end === next.end ? old : next))
    }
    measure()
    const watcher = new ResizeObserver(measure)
    watcher.observe(node)
    node.addEventListener('scroll', measure, { passive: true })
    return () => {
      watcher.disconnect()
      node.removeEventListener('scroll', measure)
    }
  }, [box, count, height, extra])
  return range
}
