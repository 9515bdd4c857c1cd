import { Button, Framed, inputClass, TextField, Trouble } from '@kit'
import { type FormEvent, type InputHTMLAttributes, useState } from 'react'
import { api, Problem, sentence } from '../../api/client'
import { go } from '../../app/go'
import { enterFresh } from '../../app/session'
import { t } from '../../text/t'
import { Frame, PasswordField } from './Frame'

type Form = {
  company: string
  name: string
  email: string
  password: string
  desk_name: string
  desk_address: string
  zone: string
}

const start: Form = {
  company: '',
  name: '',
  email: '',
  password: '',
  desk_name: '',
  desk_address: '',
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
}

const firstPage: (keyof Form)[] = ['company', 'name', 'email', 'password']

/** First run: who you are, then your first desk; its mailbox is connected right after, in the desk itself. */
export default function Setup() {
  const [form, setForm] = useState<Form>(start)
  const [step, setStep] = useState(1)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const field = (name: keyof Form) => ({
    name,
    required: true,
    value: form[name],
    error: problem instanceof Problem ? problem.field(name) : undefined,
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [name]: event.target.value }),
  })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (step === 1) return setStep(2)
    setBusy(true)
    setProblem(null)
    try {
      await api.post('/setup', form)
      await enterFresh()
      go('/settings/mailboxes', true)
    } catch (error) {
      setProblem(error)
      setBusy(false)
      if (error instanceof Problem && firstPage.some((name) => error.field(name))) setStep(1)
    }
  }
  const general = problem !== null && !(problem instanceof Problem && problem.errors.length)
  return (
    <Frame title={t('setup.title')} lead={t('setup.lead')}>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        <div className="flex items-baseline justify-between gap-2">
          <h2 className="text-title font-semibold">{t(step === 1 ? 'setup.you' : 'setup.desk')}</h2>
          <span className="text-meta text-ink-2">{t('setup.step', { n: step, of: 3 })}</span>
        </div>
        {general && <Trouble title={sentence(problem)} />}
        {step === 1 ? (
          <>
            <TextField label={t('setup.company')} {...field('company')} autoComplete="organization" autoFocus />
            <TextField label={t('setup.name')} {...field('name')} autoComplete="name" />
            <TextField
              label={t('setup.email')}
              hint={t('setup.emailHint')}
              type="email"
              dir="ltr"
              {...field('email')}
              autoComplete="username"
            />
            <PasswordField
              label={t('setup.password')}
              hint={t('setup.passwordHint')}
              {...field('password')}
              autoComplete="new-password"
              minLength={10}
            />
          </>
        ) : (
          <>
            <TextField label={t('setup.deskName')} hint={t('setup.deskNameHint')} {...field('desk_name')} autoFocus />
            <TextField
              label={t('setup.deskAddress')}
              hint={t('setup.deskAddressHint')}
              type="email"
              dir="ltr"
              placeholder="support@example.com"
              {...field('desk_address')}
            />
            <Zone {...field('zone')} />
          </>
        )}
        <div className="flex justify-between gap-2">
          {step === 2 && (
            <Button large onClick={() => setStep(1)}>
              {t('action.back')}
            </Button>
          )}
          <Button type="submit" tone="primary" large busy={busy} className="flex-1">
            {t(step === 1 ? 'setup.next' : 'setup.finish')}
          </Button>
        </div>
      </form>
    </Frame>
  )
}

/** A time zone by name, with all that the browser knows as suggestions. */
export function Zone({
  error,
  hint = t('setup.zoneHint'),
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { error?: string | undefined; hint?: string }) {
  return (
    <Framed label={t('setup.zone')} hint={hint} error={error}>
      {(ids) => (
        <>
          <input {...rest} {...ids} list={`${ids.id}-zones`} dir="ltr" className={`${inputClass} h-9`} />
          <datalist id={`${ids.id}-zones`}>
            {Intl.supportedValuesOf('timeZone').map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </>
      )}
    </Framed>
  )
}
