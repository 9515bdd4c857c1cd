import { expect, test } from 'vitest'
import { fromHTML, fromText, toHTML, toText } from './convert'

test.each([
  ['paragraphs and lines', '<p>Hello Amina,</p><p>one<br>two</p>', 'Hello Amina,\n\none\ntwo'],
  ['bullets', '<ul><li><p>a</p></li><li><p>b</p></li></ul>', '- a\n- b'],
  ['numbers that start later', '<ol start="3"><li><p>c</p></li><li><p>d</p></li></ol>', '3. c\n4. d'],
  ['a list within a list', '<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>', '- a\n  - b'],
  ['a quote', '<blockquote><p>where is it</p><p>my parcel</p></blockquote>', '> where is it\n> \n> my parcel'],
  [
    'a link says where it leads',
    '<p><a href="https://example.com/track">Track it</a></p>',
    'Track it <https://example.com/track>',
  ],
  [
    'a bare link is not said twice',
    '<p><a href="https://example.com">https://example.com</a></p>',
    'https://example.com',
  ],
])('%s', (_, html, text) => {
  expect(toText(fromHTML(html))).toBe(text)
})

test('what mail cannot carry does not stay', () => {
  const html = toHTML(fromHTML('<h1 onclick="x()">Hi</h1><p style="color:red">red <b>bold</b></p><script>1</script>'))
  expect(html).toBe('<p>Hi</p><p>red <strong>bold</strong></p>')
})

test('plain text comes back as it was', () => {
  const text = 'Hello Amina,\n\nfirst line\nsecond line\n\nDana'
  expect(toText(fromText(text))).toBe(text)
})
