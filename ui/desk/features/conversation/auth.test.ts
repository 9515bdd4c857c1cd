import { expect, test } from 'vitest'
import type { Message } from '../../api/types'
import { checked, doubtful } from './auth'

const mail = (auth: Message['auth'], direction: Message['direction'] = 'in') => ({ direction, auth })

test.each([
  ['nothing was checked', null, false],
  ['nobody claims anything', { dkim: 'none', spf: 'none', dmarc: 'none' }, false],
  ['all is well', { dkim: 'pass', spf: 'pass', dmarc: 'pass' }, false],
  ['it was forwarded, and its signature held', { dkim: 'pass', spf: 'fail', dmarc: 'pass' }, false],
  ['a list broke the signature', { dkim: 'fail', spf: 'pass', dmarc: 'pass' }, false],
  ['a signature fails and nothing else is said', { dkim: 'fail', spf: 'none', dmarc: 'none' }, false],
  ['the server was not allowed to send it', { dkim: 'none', spf: 'fail', dmarc: 'none' }, true],
  ['the server was not allowed, and the domain says nothing', { spf: 'fail' }, true],
  ['its domain disowns it', { dkim: 'none', spf: 'pass', dmarc: 'fail' }, true],
])('%s', (_, auth, doubt) => {
  expect(doubtful(mail(auth))).toBe(doubt)
  expect(doubtful(mail(auth, 'out'))).toBe(false)
})

test('what was checked is one line, in the order in which mail proves itself', () => {
  expect(checked(mail({ dmarc: 'fail', dkim: 'none', spf: 'softfail' }))).toBe('DKIM none · SPF softfail · DMARC fail')
  expect(checked(mail({ spf: 'pass' }))).toBe('SPF pass')
  expect(checked(mail({}))).toBe('')
  expect(checked(mail({ dkim: 'pass' }, 'out'))).toBe('')
})
