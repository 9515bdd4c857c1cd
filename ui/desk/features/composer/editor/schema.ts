// What a reply can hold: the few things that survive every mail program.
import { type DOMOutputSpec, type MarkSpec, type NodeSpec, Schema } from 'prosemirror-model'
import { bulletList, listItem, orderedList } from 'prosemirror-schema-list'
import type { Picture } from '../pictures'

const p: DOMOutputSpec = ['p', 0]
const br: DOMOutputSpec = ['br']

/** Pasted markup may claim anything: only what lies in our own store is a picture of ours. */
function pictureOf(node: HTMLElement): Picture | false {
  const src = node.getAttribute('src') ?? ''
  if (!/^\/api\/v1\/attachments\/\d+$/.test(src)) return false
  return { src, cid: node.dataset.keptCid ?? '', alt: node.getAttribute('alt') ?? '' }
}

const nodes: Record<string, NodeSpec> = {
  doc: { content: 'block+' },
  paragraph: { content: 'inline*', group: 'block', parseDOM: [{ tag: 'p' }, { tag: 'div' }], toDOM: () => p },
  blockquote: {
    content: 'block+',
    group: 'block',
    defining: true,
    parseDOM: [{ tag: 'blockquote' }],
    toDOM: () => ['blockquote', 0],
  },
  bullet_list: { ...bulletList, content: 'list_item+', group: 'block' },
  ordered_list: { ...orderedList, content: 'list_item+', group: 'block' },
  list_item: { ...listItem, content: 'paragraph block*' },
  text: { group: 'inline' },
  // A picture within the text: a file already uploaded, shown from our own address, sent as a part of the mail (RFC 2387).
  picture: {
    inline: true,
    group: 'inline',
    draggable: true,
    attrs: { src: {}, cid: {}, alt: { default: '' } },
    parseDOM: [{ tag: 'img[data-kept-cid]', getAttrs: (node) => pictureOf(node as HTMLElement) }],
    toDOM: ({ attrs }) => ['img', { src: attrs.src, 'data-kept-cid': attrs.cid, alt: attrs.alt }],
  },
  hard_break: { inline: true, group: 'inline', selectable: false, parseDOM: [{ tag: 'br' }], toDOM: () => br },
}

const marks: Record<string, MarkSpec> = {
  link: {
    attrs: { href: {} },
    inclusive: false,
    parseDOM: [{ tag: 'a[href]', getAttrs: (node) => ({ href: (node as HTMLElement).getAttribute('href') }) }],
    toDOM: (mark) => ['a', { href: mark.attrs.href as string, rel: 'noopener noreferrer' }, 0],
  },
  strong: {
    parseDOM: [
      { tag: 'strong' },
      { tag: 'b', getAttrs: (node) => (node as HTMLElement).style.fontWeight !== 'normal' && null },
      { style: 'font-weight', getAttrs: (value) => /^(bold(er)?|[6-9]\d\d)$/.test(value) && null },
    ],
    toDOM: () => ['strong', 0],
  },
  em: { parseDOM: [{ tag: 'em' }, { tag: 'i' }, { style: 'font-style=italic' }], toDOM: () => ['em', 0] },
}

export const schema = new Schema({ nodes, marks })
