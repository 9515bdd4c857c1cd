import { useEffect, useState } from 'react'
import { onChange } from '../store/stream'
import { t } from '../text/t'

/** Reads arrivals out to those who cannot see the list move: gathered for two seconds, never interrupting. */
export function Arrivals() {
  const [text, setText] = useState('')
  useEffect(() => {
    const names = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = onChange((change) => {
      if (change.kind !== 'message.received' || !change.conversation) return
      names.add(change.conversation.customer.name || change.conversation.customer.address)
      clearTimeout(timer)
      timer = setTimeout(() => {
        setText(t('arrivals', { count: names.size, name: [...names][0] ?? '' }))
        names.clear()
      }, 2000)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [])
  return (
    <div role="status" className="sr-only">
      {text}
    </div>
  )
}
