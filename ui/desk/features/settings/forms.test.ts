import { expect, test } from 'vitest'
import { browserName } from './Access'
import { toChange } from './DeskForm'
import { toMailbox } from './MailboxForm'

const box = {
  desk: '3',
  host: ' imap.example.com ',
  port: '993',
  security: 'tls' as const,
  username: 'support@example.com',
  auth: 'password' as const,
  password: '',
  token_url: 'https://login.example.com/token',
  client_id: 'abc',
  client_secret: '',
  folders: 'INBOX\n\n Sales \n',
  enabled: true,
}

test('a password left empty is not sent, so that the stored one stays', () => {
  expect(toMailbox(box)).not.toHaveProperty('secret')
  expect(toMailbox({ ...box, password: 'a word' })).toHaveProperty('secret', 'a word')
})

test('what belongs to tokens goes only with tokens', () => {
  expect(toMailbox(box)).not.toHaveProperty('token_url')
  expect(toMailbox({ ...box, auth: 'xoauth2' })).toMatchObject({
    token_url: 'https://login.example.com/token',
    client_id: 'abc',
  })
})

test('folders are lines, blanks are not folders', () => {
  expect(toMailbox(box)).toMatchObject({ host: 'imap.example.com', folders: ['INBOX', 'Sales'], desk_id: 3 })
})

test('a desk’s other addresses may be parted by lines, spaces or commas', () => {
  const values = { aliases: 'a@example.com, b@example.com\nc@example.com', first: '60', dkim_key: '', password: '' }
  const change = toChange(values as Parameters<typeof toChange>[0])
  expect(change.aliases).toEqual(['a@example.com', 'b@example.com', 'c@example.com'])
  expect(change.first_reply_minutes).toBe(60)
  expect(change.smtp).not.toHaveProperty('password')
  expect(change.dkim).not.toHaveProperty('key')
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox · Linux'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0', 'Edge · Windows'],
  ['curl/8', 'curl/8'],
])('%s is called %s', (agent, name) => expect(browserName(agent)).toBe(name))
