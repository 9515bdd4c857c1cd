import { expect, test } from 'vitest'
import { fromHTML, toHTML, toText } from './editor/convert'
import { isPicture, outward, pictureFrom } from './pictures'

const up = { url: '/api/v1/attachments/12', content_id: 'ab12@kept', name: 'receipt "1".png' }
const shown = '<p>See <img src="/api/v1/attachments/12" data-kept-cid="ab12@kept" alt="receipt"> here</p>'

test.each([
  ['image/png', true],
  ['image/webp', true],
  ['image/svg+xml', false],
  ['image/heic', false],
  ['application/pdf', false],
  ['', false],
])('%j within the text: %s', (type, within) => expect(isPicture({ type })).toBe(within))

test.each([
  ['a picture of another house', '<p>a<img src="https://example.com/x.png" data-kept-cid="x"></p>', '<p>a</p>'],
  [
    'one that says where it lies by a trick',
    '<p>a<img src="/api/v1/attachments/../me" data-kept-cid="x"></p>',
    '<p>a</p>',
  ],
  ['one that was never uploaded', '<p>a<img src="/api/v1/attachments/12"></p>', '<p>a</p>'],
])('%s is not taken in', (_, html, kept) => expect(toHTML(fromHTML(html))).toBe(kept))

test('a picture stays through a draft, and is said in plain text', () => {
  expect(toHTML(fromHTML(shown))).toBe(shown)
  expect(toText(fromHTML(shown))).toBe('See [receipt] here')
})

test('it leaves by its Content-ID, with its file', () => {
  expect(outward(shown)).toEqual({ html: '<p>See <img src="cid:ab12@kept" alt="receipt"> here</p>', files: [12] })
  expect(outward(shown + shown).files).toEqual([12])
  expect(outward('<p>none</p>')).toEqual({ html: '<p>none</p>', files: [] })
  expect(outward('<p><img data-kept-cid="x" src="/elsewhere/1"></p>')).toEqual({ html: '<p></p>', files: [] })
})

test('a name cannot break out of its place', () => {
  expect(pictureFrom(up)).toEqual({ src: up.url, cid: 'ab12@kept', alt: 'receipt 1.png' })
})
