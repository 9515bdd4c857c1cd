import { useEffect } from 'react'
import { api } from '../../api/client'
import type { CustomerPage } from '../../api/types'
import { type Resource, useResource } from '../../store/resource'
import { onChange } from '../../store/stream'

/** All that is known about a customer, read again when one of their conversations changes. */
export function useCustomer(id: number | null): Resource<CustomerPage> {
  const page = useResource(id === null ? null : `customer/${id}`, () => api.get(`/customers/${id ?? 0}`))
  const { again } = page
  useEffect(() => onChange((change) => change.conversation?.customer.id === id && void again()), [id, again])
  return page
}

/** The clock on their wall, or nothing where we do not know where they are. */
export function theirTime(zone: string, now: Date, language: string): string | null {
  if (!zone) return null
  try {
    return new Intl.DateTimeFormat(`${language}-u-nu-latn`, {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: zone,
    }).format(now)
  } catch {
    return null
  }
}
