import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronsUpDown } from 'lucide-react'
import { useId } from 'react'
import { cx } from './cx'
import { inputClass } from './Field'

export type Option<V extends string> = { value: V; label: string; detail?: string }

type SelectProps<V extends string> = {
  label: string
  value: V
  options: Option<V>[]
  onChange: (value: V) => void
  hint?: string
  disabled?: boolean
  bare?: boolean
}

/** One of a few. With `bare` the label is read aloud but not shown. */
export function Select<V extends string>({ label, value, options, onChange, hint, disabled, bare }: SelectProps<V>) {
  const id = useId()
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <span id={id} className={bare ? 'sr-only' : 'text-dense font-medium'}>
        {label}
      </span>
      <Base.Root
        value={value}
        items={options}
        disabled={disabled ?? false}
        onValueChange={(next) => onChange(next as V)}
      >
        <Base.Trigger aria-labelledby={id} className={cx(inputClass, 'flex h-9 items-center gap-2 text-start')}>
          <Base.Value className="flex-1 truncate" />
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-ink-2" />
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
            <Base.Popup className="max-h-72 min-w-(--anchor-width) overflow-y-auto rounded-lg bg-raised p-1 shadow-overlay outline-none">
              {options.map((option) => (
                <Base.Item
                  key={option.value}
                  value={option.value}
                  className="flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-dense outline-none data-highlighted:bg-sunken"
                >
                  <Base.ItemText className="flex-1">{option.label}</Base.ItemText>
                  {option.detail && <span className="text-meta text-ink-2">{option.detail}</span>}
                  <Base.ItemIndicator>
                    <Check size={14} aria-hidden className="text-accent" />
                  </Base.ItemIndicator>
                </Base.Item>
              ))}
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
      {hint && <p className="text-meta text-ink-2">{hint}</p>}
    </div>
  )
}
