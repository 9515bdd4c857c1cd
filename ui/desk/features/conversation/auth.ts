// What was found out about where a mail comes from (DKIM, RFC 6376; SPF, RFC 7208; DMARC, RFC 7489).
import type { Message } from '../../api/types'

const checks = [
  ['dkim', 'DKIM'],
  ['spf', 'SPF'],
  ['dmarc', 'DMARC'],
] as const

/** One quiet line, "DKIM pass · SPF pass · DMARC pass"; empty where nothing was checked. */
export function checked({ direction, auth }: Pick<Message, 'direction' | 'auth'>): string {
  if (direction !== 'in' || !auth) return ''
  return checks
    .filter(([check]) => auth[check])
    .map(([check, name]) => `${name} ${auth[check]}`)
    .join(' · ')
}

/** Whether a mail may come from somebody else than it names: its domain disowns it, or the server that sent it was not allowed to. */
export function doubtful({ direction, auth }: Pick<Message, 'direction' | 'auth'>): boolean {
  if (direction !== 'in') return false
  return auth?.dmarc === 'fail' || (auth?.spf === 'fail' && auth.dmarc !== 'pass')
}
