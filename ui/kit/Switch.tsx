import { Switch as Base } from '@base-ui/react/switch'
import type { ReactNode } from 'react'

type SwitchProps = {
  label: string
  hint?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}

/** Something that is on or off, with its meaning beside it. */
export function Switch({ label, hint, checked, onChange, disabled }: SwitchProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: Base UI labels its hidden input from the wrapping label
    <label className="flex items-start gap-3">
      <Base.Root
        checked={checked}
        disabled={disabled ?? false}
        onCheckedChange={onChange}
        className="mt-0.5 flex h-5 w-9 shrink-0 items-center rounded-pill border border-line-strong bg-sunken p-0.5 transition-colors data-checked:border-accent data-checked:bg-accent data-disabled:opacity-50"
      >
        <Base.Thumb className="size-3.5 rounded-pill bg-line-strong transition-transform data-checked:translate-x-4 data-checked:bg-on-accent rtl:data-checked:-translate-x-4" />
      </Base.Root>
      <span className="flex flex-col">
        <span className="text-dense font-medium">{label}</span>
        {hint && <span className="text-meta text-ink-2">{hint}</span>}
      </span>
    </label>
  )
}
