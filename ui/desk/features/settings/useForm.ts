import { type FormEvent, useState } from 'react'
import { Problem, sentence } from '../../api/client'

type Change = { target: { value: string } }

/** The values of a form, its fields with what the server says about each, and saving once at a time. */
export function useForm<T extends object>(start: T, save: (values: T) => Promise<unknown>) {
  const [values, setValues] = useState(start)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const edit = (change: Partial<T>) => setValues((old) => ({ ...old, ...change }))
  const wrong = (name: string) => (problem instanceof Problem ? problem.field(name) : undefined)

  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      await save(values)
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return {
    values,
    edit,
    busy,
    submit,
    wrong,
    dirty: values !== start,
    /** What is wrong that belongs to no single field. */
    trouble: problem === null ? null : sentence(problem),
    field: (name: keyof T & string) => ({
      name,
      value: String(values[name] ?? ''),
      error: wrong(name),
      onChange: (event: Change) => edit({ [name]: event.target.value } as Partial<T>),
    }),
  }
}
