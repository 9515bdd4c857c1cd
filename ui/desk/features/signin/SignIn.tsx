import { Button, TextField, Trouble } from '@kit'
import { type FormEvent, useState } from 'react'
import { api, sentence } from '../../api/client'
import { enterFresh } from '../../app/session'
import { t } from '../../text/t'
import { Frame, PasswordField } from './Frame'

export default function SignIn() {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setProblem('')
    try {
      await api.post('/sessions', { email: String(form.get('email')), password: String(form.get('password')) })
      await enterFresh()
    } catch (error) {
      setProblem(sentence(error))
      setBusy(false)
    }
  }
  return (
    <Frame title={t('signin.title')} lead={t('signin.lead')} foot={t('signin.help')}>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        {problem && <Trouble title={problem} />}
        <TextField
          label={t('signin.email')}
          name="email"
          type="email"
          dir="ltr"
          autoComplete="username"
          required
          autoFocus
        />
        <PasswordField label={t('signin.password')} name="password" autoComplete="current-password" required />
        <Button type="submit" tone="primary" large busy={busy}>
          {t('signin.do')}
        </Button>
      </form>
    </Frame>
  )
}
