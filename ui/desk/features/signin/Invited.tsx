import { Button, Empty, Skeleton, TextField, Trouble } from '@kit'
import { MailX } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { api, Problem, sentence } from '../../api/client'
import { enterFresh } from '../../app/session'
import { useResource } from '../../store/resource'
import { type Key, t } from '../../text/t'
import { Frame, PasswordField } from './Frame'

/** The page behind an invitation's link: a name, a password, in. */
export default function Invited({ token }: { token: string }) {
  const invitation = useResource(`invite/${token}`, () => api.get(`/invites/${encodeURIComponent(token)}/open`))
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  if (invitation.error) {
    return (
      <main className="h-full">
        <Empty icon={MailX} title={t('invited.gone')} text={t('invited.goneText')} />
      </main>
    )
  }
  if (!invitation.data) {
    return (
      <main className="mx-auto max-w-md p-12" aria-label={t('invited.checking')}>
        <Skeleton lines={4} />
      </main>
    )
  }
  const { email, name, role, company } = invitation.data
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    try {
      await api.post(`/invites/${encodeURIComponent(token)}/accept`, {
        name: String(form.get('name')),
        password: String(form.get('password')),
      })
      await enterFresh()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  const field = (which: string) => (problem instanceof Problem ? problem.field(which) : undefined)
  return (
    <Frame
      title={t('invited.title', { company: company || 'Kept' })}
      lead={t('invited.lead', { role: t(`role.${role}` as Key), email })}
    >
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        {problem !== null && !field('name') && !field('password') && <Trouble title={sentence(problem)} />}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <TextField
          label={t('invited.name')}
          name="name"
          defaultValue={name}
          autoComplete="name"
          required
          error={field('name')}
          autoFocus
        />
        <PasswordField
          label={t('setup.password')}
          name="password"
          hint={t('setup.passwordHint')}
          autoComplete="new-password"
          minLength={10}
          required
          error={field('password')}
        />
        <Button type="submit" tone="primary" large busy={busy}>
          {t('invited.do')}
        </Button>
      </form>
    </Frame>
  )
}
