import { Button, cx, Dialog, TextArea, TextField, Trouble } from '@kit'
import { Select } from '@kit/Select'
import { Switch } from '@kit/Switch'
import { CircleCheck, CircleX, PlugZap } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../../api/client'
import type { Desk, Mailbox } from '../../api/types'
import { toast } from '../../store/toasts'
import { t } from '../../text/t'
import { PasswordField } from '../signin/Frame'
import { Server } from './Server'
import { useForm } from './useForm'

type Step = { name: string; ok: boolean; sentence: string }
type Verdict = { ok: boolean; steps: Step[] }

type Values = {
  desk: string
  host: string
  port: string
  security: Mailbox['security']
  username: string
  auth: Mailbox['auth']
  password: string
  token_url: string
  client_id: string
  client_secret: string
  folders: string
  enabled: boolean
}

/** The form's values as the API takes them. Secrets that were left empty stay as they are. */
export function toMailbox(values: Values) {
  const oauth = values.auth === 'xoauth2'
  return {
    desk_id: Number(values.desk),
    host: values.host.trim(),
    port: Number(values.port),
    security: values.security,
    username: values.username.trim(),
    auth: values.auth,
    ...(values.password ? { secret: values.password } : {}),
    ...(oauth ? { token_url: values.token_url.trim(), client_id: values.client_id.trim() } : {}),
    ...(oauth && values.client_secret ? { client_secret: values.client_secret } : {}),
    folders: values.folders
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
    enabled: values.enabled,
  }
}

function Verdict({ verdict }: { verdict: Verdict }) {
  return (
    <div
      ref={(node) => node?.scrollIntoView({ block: 'nearest' })}
      role="status"
      className={cx('rounded-lg px-3 py-2 text-dense', verdict.ok ? 'bg-kept-soft' : 'bg-broken-soft')}
    >
      <p className={cx('font-medium', verdict.ok ? 'text-kept' : 'text-broken')}>
        {t(verdict.ok ? 'mailboxes.testOk' : 'mailboxes.testFailed')}
      </p>
      <ul className="mt-1 flex flex-col gap-1">
        {verdict.steps.map((step) => {
          const Glyph = step.ok ? CircleCheck : CircleX
          return (
            <li key={step.name} className="flex items-start gap-2">
              <Glyph size={14} aria-hidden className={cx('mt-0.5 shrink-0', step.ok ? 'text-kept' : 'text-broken')} />
              <span className="min-w-0 break-words">{step.sentence || step.name}</span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}

type Props = { box: Mailbox | null; desks: Desk[]; onClose: () => void; onSaved: () => void }

/** A mailbox to fetch from, with a test that says step by step what works. */
export function MailboxForm({ box, desks, onClose, onSaved }: Props) {
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const [testing, setTesting] = useState(false)
  const form = useForm<Values>(
    {
      desk: String(box?.desk_id ?? desks[0]?.id ?? ''),
      host: box?.host ?? '',
      port: String(box?.port ?? 993),
      security: box?.security ?? 'tls',
      username: box?.username ?? desks[0]?.address ?? '',
      auth: box?.auth ?? 'password',
      password: '',
      token_url: box?.token_url ?? '',
      client_id: box?.client_id ?? '',
      client_secret: '',
      folders: box?.folders.join('\n') ?? 'INBOX',
      enabled: box?.enabled ?? true,
    },
    async (values) => {
      await (box ? api.patch(`/mailboxes/${box.id}`, toMailbox(values)) : api.post('/mailboxes', toMailbox(values)))
      toast(t('action.saved'))
      onSaved()
    },
  )
  const { values, edit, field } = form
  const oauth = values.auth === 'xoauth2'
  const test = async () => {
    setTesting(true)
    setVerdict(null)
    try {
      setVerdict(await api.post('/mailboxes/test', { ...toMailbox(values), ...(box ? { id: box.id } : {}) }))
    } catch (error) {
      setVerdict({ ok: false, steps: [{ name: 'test', ok: false, sentence: sentence(error) }] })
    } finally {
      setTesting(false)
    }
  }
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={box ? box.username : t('mailboxes.new')}
      lead={t('setup.mailboxLead')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button icon={PlugZap} busy={testing} className="me-auto" onClick={() => void test()}>
            {t(testing ? 'mailboxes.testing' : 'mailboxes.test')}
          </Button>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" busy={form.busy} onClick={() => void form.submit()}>
            {t('action.save')}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4 pb-2" onSubmit={(event) => void form.submit(event)}>
        {verdict && <Verdict verdict={verdict} />}
        {form.trouble && <Trouble title={form.trouble} />}
        <Select
          label={t('mailboxes.desk')}
          value={values.desk}
          onChange={(desk) => edit({ desk })}
          options={desks.map((desk) => ({ value: String(desk.id), label: desk.name, detail: desk.address }))}
        />
        <Server
          values={values}
          field={field}
          onSecurity={(security, port) => edit({ security, port })}
          ports={{ tls: '993', starttls: '143', none: '143' }}
        />
        <TextField label={t('mail.user')} dir="ltr" required autoComplete="off" {...field('username')} />
        <Select
          label={t('mailboxes.auth')}
          value={values.auth}
          onChange={(auth) => edit({ auth })}
          options={[
            { value: 'password', label: t('mailboxes.auth.password') },
            { value: 'xoauth2', label: t('mailboxes.auth.xoauth2') },
          ]}
        />
        {oauth && (
          <>
            <TextField label={t('mailboxes.tokenUrl')} type="url" dir="ltr" required {...field('token_url')} />
            <TextField label={t('mailboxes.clientId')} dir="ltr" required {...field('client_id')} />
            <PasswordField
              label={t('mailboxes.clientSecret')}
              {...field('client_secret')}
              autoComplete="off"
              hint={box ? t('mail.passwordKept') : undefined}
            />
          </>
        )}
        <PasswordField
          label={t(oauth ? 'mailboxes.refresh' : 'mail.password')}
          {...field('password')}
          autoComplete="new-password"
          hint={box ? t('mail.passwordKept') : undefined}
        />
        <TextArea
          label={t('mailboxes.folders')}
          hint={t('mailboxes.foldersHint')}
          {...field('folders')}
          rows={2}
          dir="ltr"
        />
        <Switch label={t('mailboxes.enabled')} checked={values.enabled} onChange={(enabled) => edit({ enabled })} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
