import { CircleAlert } from 'lucide-react'
import type { InputHTMLAttributes, ReactNode, Ref, TextareaHTMLAttributes } from 'react'
import { useId } from 'react'
import { cx } from './cx'

export const inputClass =
  'w-full rounded-md border border-line-strong bg-bg px-2.5 py-1.5 text-body text-ink transition-colors ' +
  'focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 focus-visible:rounded-md ' +
  'aria-invalid:border-broken disabled:bg-subtle disabled:text-ink-2'

export type FieldFrame = { label: string; hint?: ReactNode; error?: string | undefined; optional?: string | undefined }

/** Label above, control, then the hint or, in its place, what is wrong and what to do. */
export function Framed({
  label,
  hint,
  error,
  optional,
  children,
}: FieldFrame & { children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode }) {
  const id = useId()
  const below = error || hint ? `${id}-below` : undefined
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-dense font-medium">
        {label}
        {optional && <span className="ms-1.5 font-normal text-ink-2">{optional}</span>}
      </label>
      {children({
        id,
        ...(below ? { 'aria-describedby': below } : {}),
        ...(error ? { 'aria-invalid': true as const } : {}),
      })}
      {error ? (
        <p id={below} className="flex items-start gap-1 text-meta text-broken">
          <CircleAlert size={13} className="mt-px shrink-0" aria-hidden />
          {error}
        </p>
      ) : (
        hint && (
          <p id={below} className="text-meta text-ink-2">
            {hint}
          </p>
        )
      )}
    </div>
  )
}

type TextProps = FieldFrame & Omit<InputHTMLAttributes<HTMLInputElement>, 'id'> & { ref?: Ref<HTMLInputElement> }

/** A one-line field. */
export function TextField({ label, hint, error, optional, className, ...rest }: TextProps) {
  return (
    <Framed label={label} hint={hint} error={error} optional={optional}>
      {(ids) => <input dir="auto" {...rest} {...ids} className={cx(inputClass, 'h-9', className)} />}
    </Framed>
  )
}

type AreaProps = FieldFrame & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'id'>

/** A field of several lines. */
export function TextArea({ label, hint, error, optional, className, ...rest }: AreaProps) {
  return (
    <Framed label={label} hint={hint} error={error} optional={optional}>
      {(ids) => <textarea dir="auto" rows={3} {...rest} {...ids} className={cx(inputClass, className)} />}
    </Framed>
  )
}
