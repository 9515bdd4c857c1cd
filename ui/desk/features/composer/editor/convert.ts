// Between the editor's document, the HTML that is sent, and the plain text that always goes with it.
import { DOMParser, DOMSerializer, Fragment, type Node } from 'prosemirror-model'
import { parse } from '../../conversation/trusted'
import { schema } from './schema'

const serializer = DOMSerializer.fromSchema(schema)

export function fromText(text: string): Node {
  const paragraphs = text.split(/\n{2,}/).map((block) => {
    const inline: Node[] = []
    block.split('\n').forEach((line, index) => {
      if (index) inline.push(schema.node('hard_break'))
      if (line) inline.push(schema.text(line))
    })
    return schema.node('paragraph', null, inline)
  })
  return schema.node('doc', null, Fragment.from(paragraphs))
}

export function fromHTML(html: string): Node {
  return DOMParser.fromSchema(schema).parse(parse(html))
}

export function toHTML(doc: Node): string {
  const box = document.createElement('div')
  box.append(serializer.serializeFragment(doc.content))
  return box.innerHTML
}

/** Plain text as people write it: a blank line between paragraphs, "- " and "1. " for lists, "> " for quotes. */
export function toText(doc: Node): string {
  return blocks(doc).trim()
}

function blocks(parent: Node): string {
  const parts: string[] = []
  parent.forEach((node) => {
    parts.push(block(node))
  })
  return parts.join('\n\n')
}

function block(node: Node): string {
  switch (node.type.name) {
    case 'bullet_list':
      return items(node, () => '- ')
    case 'ordered_list':
      return items(node, (index) => `${Number(node.attrs.order ?? 1) + index}. `)
    case 'blockquote':
      return blocks(node).replace(/^/gm, '> ')
    default:
      return inline(node)
  }
}

function items(list: Node, mark: (index: number) => string): string {
  const lines: string[] = []
  list.forEach((item, _, index) => {
    const lead = mark(index)
    lines.push(lead + blocks(item).replace(/\n+/g, `\n${' '.repeat(lead.length)}`))
  })
  return lines.join('\n')
}

function inline(node: Node): string {
  let text = ''
  node.forEach((child) => {
    if (child.type.name === 'hard_break') text += '\n'
    else if (child.type.name === 'picture') text += `[${child.attrs.alt}]`
    else text += child.text ?? ''
    const href = child.marks.find((mark) => mark.type.name === 'link')?.attrs.href as string | undefined
    if (href && href !== child.text && href !== `mailto:${child.text}`) text += ` <${href}>`
  })
  return text
}
