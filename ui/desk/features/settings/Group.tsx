import { Button, cx } from '@kit'
import { Check, Copy } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { t } from '../../text/t'

/** Settings that belong together: their name beside them on a wide screen, above them on a narrow one. */
export function Group({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <section className="grid gap-x-8 gap-y-3 border-t border-line pt-6 three:grid-cols-[180px_minmax(0,1fr)]">
      <div>
        <h2 className="text-body font-semibold">{title}</h2>
        {lead && <p className="text-dense text-ink-2">{lead}</p>}
      </div>
      <div className="flex max-w-lg flex-col gap-4">{children}</div>
    </section>
  )
}

/** Several of a few, as ticks. */
export function Ticks<V extends string | number>({
  legend,
  options,
  value,
  onChange,
}: {
  legend: string
  options: { value: V; label: string }[]
  value: V[]
  onChange: (value: V[]) => void
}) {
  return (
    <fieldset className="flex flex-col">
      <legend className="mb-1 text-dense font-medium">{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className="flex min-h-8 cursor-pointer items-center gap-2.5 text-dense">
          <input
            type="checkbox"
            checked={value.includes(option.value)}
            onChange={(event) =>
              onChange(event.target.checked ? [...value, option.value] : value.filter((one) => one !== option.value))
            }
          />
          <bdi>{option.label}</bdi>
        </label>
      ))}
    </fieldset>
  )
}

/** Something to be copied once: a link or a secret. */
export function Secret({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <div className="flex flex-col gap-2 rounded-lg bg-accent-soft p-3">
      <p className="text-dense">{label}</p>
      <div className="flex items-center gap-2">
        <code
          dir="ltr"
          className="min-w-0 flex-1 rounded-md bg-bg px-2 py-1.5 font-mono text-meta break-all select-all"
        >
          {value}
        </code>
        <Button
          icon={copied ? Check : Copy}
          className={cx(copied && 'text-kept')}
          onClick={() => navigator.clipboard.writeText(value).then(() => setCopied(true))}
        >
          {t(copied ? 'copy.done' : 'copy.do')}
        </Button>
      </div>
    </div>
  )
}
