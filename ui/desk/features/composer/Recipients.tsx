import { cx } from '@kit'
import { X } from 'lucide-react'
import { useId, useState } from 'react'
import type { Address } from '../../api/types'
import { t } from '../../text/t'
import { merged, readAddresses } from './rules'

type Props = {
  label: string
  value: Address[]
  onChange: (value: Address[]) => void
  autoFocus?: boolean
  framed?: boolean
  error?: string | undefined
}

/** People as pills in a line. Enter, comma, or leaving the field adds what was typed; pasted lists are taken apart. */
export function Recipients({ label, value, onChange, autoFocus, framed, error }: Props) {
  const id = useId()
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState('')
  const take = (typed: string) => {
    const { good, bad } = readAddresses(typed)
    if (good.length) onChange(merged(value, good))
    setText(bad.join(', '))
    setWrong(bad[0] ?? '')
  }
  const shown = wrong ? t('composer.recipientBad', { address: wrong }) : error
  return (
    <div className="flex flex-col gap-0.5">
      <div
        className={cx(
          'flex min-h-8 flex-wrap items-center gap-1',
          framed &&
            'min-h-9 rounded-md border border-line-strong px-2 py-1 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent',
        )}
      >
        <label htmlFor={id} className="me-1 text-dense text-ink-2">
          {label}
        </label>
        {value.map((one) => (
          <span
            key={one.address}
            className="inline-flex h-6 max-w-full items-center gap-1 rounded-pill bg-sunken ps-2.5 pe-0.5 text-meta"
          >
            <bdi className="truncate" title={one.address}>
              {one.name || one.address}
            </bdi>
            <button
              type="button"
              aria-label={t('composer.recipientRemove', { name: one.name || one.address })}
              onClick={() => onChange(value.filter((other) => other !== one))}
              className="grid size-5 place-items-center rounded-pill hover:bg-line"
            >
              <X size={12} aria-hidden />
            </button>
          </span>
        ))}
        <input
          id={id}
          type="text"
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          // biome-ignore lint/a11y/noAutofocus: the field appears because somebody asked for it
          autoFocus={autoFocus}
          aria-invalid={shown ? true : undefined}
          aria-describedby={shown ? `${id}-wrong` : undefined}
          placeholder={value.length ? '' : t('composer.recipientAdd')}
          value={text}
          onChange={(event) => {
            setWrong('')
            if (/[,;\n]$/.test(event.target.value)) take(event.target.value)
            else setText(event.target.value)
          }}
          onPaste={(event) => {
            const pasted = event.clipboardData.getData('text')
            if (!/[,;\n@]/.test(pasted)) return
            event.preventDefault()
            take(text + pasted)
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && text && !(event.ctrlKey || event.metaKey)) {
              event.preventDefault()
              take(text)
            }
            if (event.key === 'Backspace' && !text) onChange(value.slice(0, -1))
          }}
          onBlur={() => text && take(text)}
          className="min-w-32 flex-1 bg-transparent py-1 text-dense outline-none"
        />
      </div>
      {shown && (
        <p id={`${id}-wrong`} className="text-meta text-broken">
          {shown}
        </p>
      )}
    </div>
  )
}
