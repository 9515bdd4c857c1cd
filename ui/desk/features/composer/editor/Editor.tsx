import { IconButton } from '@kit'
import { Bold, Italic, Link2, List, ListOrdered, type LucideIcon, TextQuote } from 'lucide-react'
import { baseKeymap, toggleMark, wrapIn } from 'prosemirror-commands'
import { history, redo, undo } from 'prosemirror-history'
import { inputRules, wrappingInputRule } from 'prosemirror-inputrules'
import { keymap } from 'prosemirror-keymap'
import { liftListItem, sinkListItem, splitListItem, wrapInList } from 'prosemirror-schema-list'
import { type Command, EditorState, type Plugin, TextSelection } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { useEffect, useEffectEvent, useRef } from 'react'
import { type Key, t } from '../../../text/t'
import { isPicture, type Picture } from '../pictures'
import { fromHTML, fromText, toHTML, toText } from './convert'
import { schema } from './schema'

export type EditorProps = {
  text: string
  html: string
  label: string
  placeholder: string
  /** Moves on every wish to write here, so that the editor takes the focus. */
  focus: number
  onChange: (text: string, html: string) => void
  onFiles: (files: File[]) => void
  /** Uploads a picture to be shown within the text; null where it could not be. Without it, pictures are files. */
  onPicture?: (file: File) => Promise<Picture | null>
  children?: React.ReactNode
}

function named<T>(all: Record<string, T>, name: string): T {
  const found = all[name]
  if (!found) throw new Error(`The schema has no ${name}.`)
  return found
}
const mark = (name: string) => named(schema.marks, name)
const node = (name: string) => named(schema.nodes, name)

const bold = toggleMark(mark('strong'))
const italic = toggleMark(mark('em'))
const numbers = wrapInList(node('ordered_list'))
const bullets = wrapInList(node('bullet_list'))
const quote = wrapIn(node('blockquote'))

const askForLink: Command = (state, dispatch, view) => {
  if (state.selection.empty) return false
  if (mark('link').isInSet(state.selection.$from.marks())) return toggleMark(mark('link'))(state, dispatch)
  const href = window.prompt(t('composer.linkAsk'), 'https://')
  if (!href || !/^(https?:|mailto:|tel:)/i.test(href)) return true
  toggleMark(mark('link'), { href })(state, dispatch)
  view?.focus()
  return true
}

type Tool = { label: Key; icon: LucideIcon; keys: string; run: Command }

const tools: Tool[] = [
  { label: 'composer.bold', icon: Bold, keys: 'mod+b', run: bold },
  { label: 'composer.italic', icon: Italic, keys: 'mod+i', run: italic },
  { label: 'composer.link', icon: Link2, keys: 'mod+k', run: askForLink },
  { label: 'composer.numbers', icon: ListOrdered, keys: 'mod+shift+7', run: numbers },
  { label: 'composer.bullets', icon: List, keys: 'mod+shift+8', run: bullets },
  { label: 'composer.quote', icon: TextQuote, keys: 'mod+shift+9', run: quote },
]

const lineBreak: Command = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(node('hard_break').create()).scrollIntoView())
  return true
}

// Tab is left to the browser: it moves the focus. Lists are shifted with Ctrl+] and Ctrl+[.
const plugins: Plugin[] = [
  history(),
  inputRules({
    rules: [
      wrappingInputRule(/^\s*[-*]\s$/, node('bullet_list')),
      wrappingInputRule(/^(\d+)\.\s$/, node('ordered_list'), (match) => ({ order: Number(match[1]) })),
      wrappingInputRule(/^\s*>\s$/, node('blockquote')),
    ],
  }),
  keymap({
    'Mod-z': undo,
    'Mod-y': redo,
    'Shift-Mod-z': redo,
    'Mod-b': bold,
    'Mod-i': italic,
    'Mod-k': askForLink,
    'Mod-Shift-7': numbers,
    'Mod-Shift-8': bullets,
    'Mod-Shift-9': quote,
    'Shift-Enter': lineBreak,
    Enter: splitListItem(node('list_item')),
    'Mod-]': sinkListItem(node('list_item')),
    'Mod-[': liftListItem(node('list_item')),
  }),
  keymap(baseKeymap),
]

const open = (text: string, html: string) =>
  EditorState.create({ doc: html ? fromHTML(html) : fromText(text), plugins })

const formatted = (view: EditorView) => /<(strong|em|a|ul|ol|blockquote|img)\b/.test(toHTML(view.state.doc))

/** Rich text. What is unformatted is sent as plain text alone; formatting adds an HTML part beside it. */
export default function Editor(props: EditorProps) {
  const { text, html, label, placeholder, focus, onChange, onFiles, onPicture, children } = props
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const said = useRef(text)

  const report = useEffectEvent((current: EditorView) => {
    said.current = toText(current.state.doc)
    onChange(said.current, formatted(current) ? toHTML(current.state.doc) : '')
  })
  const insert = async (pictures: File[]) => {
    for (const file of pictures) {
      const picture = await onPicture?.(file)
      const current = view.current
      if (!picture || !current) continue
      current.dispatch(current.state.tr.replaceSelectionWith(node('picture').create(picture)).scrollIntoView())
    }
  }
  /** Pictures are shown where the writer is, everything else goes along as a file. */
  const take = useEffectEvent((data: DataTransfer | null) => {
    const all = [...(data?.files ?? [])]
    if (!all.length) return false
    const within = onPicture ? all.filter(isPicture) : []
    const files = all.filter((file) => !within.includes(file))
    if (files.length) onFiles(files)
    void insert(within)
    return true
  })
  const begin = useEffectEvent(() => open(text, html))

  useEffect(() => {
    if (!place.current) return
    const current: EditorView = new EditorView(place.current, {
      state: begin(),
      attributes: { role: 'textbox', 'aria-multiline': 'true', 'aria-label': label, dir: 'auto', class: 'kept-editor' },
      dispatchTransaction(change) {
        current.updateState(current.state.apply(change))
        if (change.docChanged) report(current)
      },
      // Word processors put a picture of the words beside the words.
      handlePaste: (_, event) => !event.clipboardData?.getData('text/plain') && take(event.clipboardData),
      handleDrop: (editor, event, _, moved) => {
        if (moved || !event.dataTransfer?.files.length) return false
        const at = editor.posAtCoords({ left: event.clientX, top: event.clientY })
        if (at) editor.dispatch(editor.state.tr.setSelection(TextSelection.near(editor.state.doc.resolve(at.pos))))
        return take(event.dataTransfer)
      },
    })
    view.current = current
    return () => {
      view.current = null
      current.destroy()
    }
  }, [label])

  // A text set from outside (sent, restored, discarded) replaces the document; our own typing is already in it.
  useEffect(() => {
    if (text === said.current) return
    said.current = text
    view.current?.updateState(open(text, html))
  }, [text, html])

  useEffect(() => {
    if (focus > 0) view.current?.focus()
  }, [focus])

  return (
    <>
      <div className="relative min-h-0 flex-1 overflow-y-auto">
        {!text && (
          <p aria-hidden className="pointer-events-none absolute inset-x-3 top-2 truncate text-ink-2">
            {placeholder}
          </p>
        )}
        <div ref={place} />
      </div>
      <div
        className="flex shrink-0 items-center gap-0.5 overflow-x-auto px-2 pb-1"
        role="toolbar"
        aria-label={t('composer.format')}
      >
        {tools.map((tool) => (
          <IconButton
            key={tool.label}
            icon={tool.icon}
            label={t(tool.label)}
            keys={tool.keys}
            size={15}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => view.current && tool.run(view.current.state, view.current.dispatch, view.current)}
          />
        ))}
        {children}
      </div>
    </>
  )
}
