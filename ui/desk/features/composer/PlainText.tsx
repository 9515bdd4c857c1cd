import { useEffect, useRef } from 'react'
import type { EditorProps } from './editor/Editor'

/** Plain text in a field that grows with it. */
export function PlainText({ text, label, placeholder, focus, onChange, onFiles, children }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (focus > 0) field.current?.focus()
  }, [focus])
  return (
    <>
      <textarea
        ref={field}
        dir="auto"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        onChange={(event) => onChange(event.target.value, '')}
        onPaste={(event) => {
          if (!event.clipboardData.files.length) return
          event.preventDefault()
          onFiles([...event.clipboardData.files])
        }}
        className="field-sizing-content max-h-full min-h-[84px] w-full flex-1 resize-none bg-transparent px-3 py-2 text-body outline-none"
      />
      <div className="flex shrink-0 items-center gap-0.5 px-2 pb-1">{children}</div>
    </>
  )
}
