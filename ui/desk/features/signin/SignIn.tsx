import { Button, TextField, Trouble } from '@kit'
import { ArrowRight } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { api, sentence } from '../../api/client'
import type { DemoSeat } from '../../api/types'
import { enterFresh } from '../../app/session'
import { t } from '../../text/t'
import { Frame, PasswordField } from './Frame'

/** One of the story's people, ready to sit down as: only a demo server offers it. */
function DemoOffer({ demo, busy, onTake }: { demo: DemoSeat; busy: boolean; onTake: () => void }) {
  return (
    <div className="mb-5 flex flex-col gap-3 rounded-lg border border-line bg-subtle p-4">
      <p className="text-pretty">{t('signin.demo')}</p>
      <Button large icon={ArrowRight} busy={busy} onClick={onTake}>
        <bdi>{t('signin.demoDo', { name: demo.name.split(' ')[0] ?? demo.name })}</bdi>
      </Button>
    </div>
  )
}

export default function SignIn({ demo }: { demo: DemoSeat | null }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const signIn = async (email: string, password: string) => {
    setBusy(true)
    setProblem('')
    try {
      await api.post('/sessions', { email, password })
      await enterFresh()
    } catch (error) {
      setProblem(sentence(error))
      setBusy(false)
    }
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    void signIn(String(form.get('email')), String(form.get('password')))
  }
  return (
    <Frame title={t('signin.title')} lead={t('signin.lead')} foot={t('signin.help')}>
      {demo && <DemoOffer demo={demo} busy={busy} onTake={() => void signIn(demo.email, demo.password)} />}
      <form className="flex flex-col gap-4" onSubmit={submit}>
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
