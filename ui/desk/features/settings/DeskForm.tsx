import { Button, IconButton, TextArea, TextField, Trouble } from '@kit'
import { Select } from '@kit/Select'
import { Switch } from '@kit/Switch'
import { ArrowLeft } from 'lucide-react'
import { api } from '../../api/client'
import type { Calendar, Desk, Team } from '../../api/types'
import { toast } from '../../store/toasts'
import { t } from '../../text/t'
import { PasswordField } from '../signin/Frame'
import { Group } from './Group'
import { Server } from './Server'
import { useForm } from './useForm'

type Props = { desk: Desk | null; teams: Team[]; calendars: Calendar[]; onDone: () => void }

type Values = {
  name: string
  address: string
  aliases: string
  team: string
  calendar: string
  from_name: string
  first: string
  next: string
  acknowledge: boolean
  signature_text: string
  quote_history: boolean
  reply_token: boolean
  transport: Desk['transport']
  host: string
  port: string
  security: Desk['smtp']['security']
  user: string
  password: string
  dkim_domain: string
  dkim_selector: string
  dkim_key: string
  trusted_authserv: string
}

const begin = (desk: Desk | null, teams: Team[], calendars: Calendar[]): Values => ({
  name: desk?.name ?? '',
  address: desk?.address ?? '',
  aliases: desk?.aliases.join('\n') ?? '',
  team: String(desk?.team_id ?? teams[0]?.id ?? ''),
  calendar: String(desk?.calendar_id ?? calendars[0]?.id ?? ''),
  from_name: desk?.from_name ?? '',
  first: String(desk?.first_reply_minutes ?? 480),
  next: String(desk?.next_reply_minutes ?? 480),
  acknowledge: desk?.acknowledge ?? true,
  signature_text: desk?.signature_text ?? '',
  quote_history: desk?.quote_history ?? false,
  reply_token: desk?.reply_token ?? true,
  transport: desk?.transport ?? 'hold',
  host: desk?.smtp.host ?? '',
  port: String(desk?.smtp.port || 587),
  security: desk?.smtp.security ?? 'starttls',
  user: desk?.smtp.user ?? '',
  password: '',
  dkim_domain: desk?.dkim.domain ?? '',
  dkim_selector: desk?.dkim.selector ?? '',
  dkim_key: '',
  trusted_authserv: desk?.trusted_authserv ?? '',
})

/** The form's values as the API takes them. A password or key that was left empty stays as it is. */
export function toChange(values: Values) {
  return {
    name: values.name,
    address: values.address,
    aliases: values.aliases.split(/[\s,]+/).filter(Boolean),
    team_id: Number(values.team),
    calendar_id: Number(values.calendar),
    from_name: values.from_name,
    first_reply_minutes: Number(values.first),
    next_reply_minutes: Number(values.next),
    acknowledge: values.acknowledge,
    signature_text: values.signature_text,
    quote_history: values.quote_history,
    reply_token: values.reply_token,
    transport: values.transport,
    smtp: {
      host: values.host,
      port: Number(values.port),
      security: values.security,
      user: values.user,
      ...(values.password ? { password: values.password } : {}),
    },
    dkim: {
      domain: values.dkim_domain,
      selector: values.dkim_selector,
      ...(values.dkim_key ? { key: values.dkim_key } : {}),
    },
    trusted_authserv: values.trusted_authserv,
  }
}

const choice = (list: { id: number; name: string }[]) => list.map((one) => ({ value: String(one.id), label: one.name }))

export function DeskForm({ desk, teams, calendars, onDone }: Props) {
  const form = useForm(begin(desk, teams, calendars), async (values) => {
    await (desk ? api.patch(`/desks/${desk.id}`, toChange(values)) : api.post('/desks', toChange(values)))
    toast(t('action.saved'))
    onDone()
  })
  const { values, edit, field } = form
  return (
    <main className="min-w-0 flex-1 overflow-y-auto">
      <form
        className="mx-auto flex max-w-3xl flex-col gap-6 px-8 pt-7 max-two:px-4"
        onSubmit={(event) => void form.submit(event)}
      >
        <header className="flex items-center gap-2">
          <IconButton
            icon={ArrowLeft}
            label={t('action.back')}
            className="-ms-2 rtl:[&_svg]:-scale-x-100"
            onClick={onDone}
          />
          <h1 className="text-page font-semibold" dir="auto">
            {desk?.name ?? t('desks.new')}
          </h1>
        </header>
        <Group title={t('desks.address')} lead={t('desks.addressHint')}>
          <TextField label={t('desks.name')} {...field('name')} required maxLength={200} />
          <TextField label={t('desks.address')} type="email" dir="ltr" {...field('address')} required />
          <TextArea label={t('desks.aliases')} hint={t('desks.aliasesHint')} dir="ltr" {...field('aliases')} rows={2} />
          <Select
            label={t('desks.team')}
            value={values.team}
            onChange={(team) => edit({ team })}
            options={choice(teams)}
          />
        </Group>
        <Group title={t('desks.promise')}>
          <div className="grid gap-4 two:grid-cols-2">
            <TextField
              label={t('desks.first')}
              hint={t('desks.minutes')}
              type="number"
              min={1}
              {...field('first')}
              required
            />
            <TextField
              label={t('desks.next')}
              hint={t('desks.minutes')}
              type="number"
              min={1}
              {...field('next')}
              required
            />
          </div>
          <Select
            label={t('desks.hours')}
            value={values.calendar}
            onChange={(calendar) => edit({ calendar })}
            options={choice(calendars)}
          />
          <Switch
            label={t('desks.acknowledge')}
            hint={t('desks.acknowledgeHint')}
            checked={values.acknowledge}
            onChange={(acknowledge) => edit({ acknowledge })}
          />
        </Group>
        <Group title={t('desks.sending')}>
          <TextField
            label={t('desks.fromName')}
            hint={t('desks.fromNameHint')}
            {...field('from_name')}
            maxLength={200}
          />
          <TextArea
            label={t('desks.signature')}
            hint={t('desks.signatureHint')}
            {...field('signature_text')}
            rows={3}
          />
          <Switch
            label={t('desks.quote')}
            checked={values.quote_history}
            onChange={(quote_history) => edit({ quote_history })}
          />
          <Switch
            label={t('desks.token')}
            hint={t('desks.tokenHint')}
            checked={values.reply_token}
            onChange={(reply_token) => edit({ reply_token })}
          />
          <Select
            label={t('desks.transport')}
            value={values.transport}
            onChange={(transport) => edit({ transport })}
            options={[
              { value: 'smtp', label: t('desks.transport.smtp') },
              { value: 'hold', label: t('desks.transport.hold') },
            ]}
          />
          {values.transport === 'smtp' && (
            <>
              <Server
                values={values}
                field={field}
                onSecurity={(security, port) => edit({ security, port })}
                ports={{ tls: '465', starttls: '587', none: '25' }}
              />
              <TextField label={t('mail.user')} dir="ltr" {...field('user')} autoComplete="off" />
              <PasswordField
                label={t('mail.password')}
                {...field('password')}
                autoComplete="new-password"
                hint={desk?.smtp.has_password ? t('mail.passwordKept') : undefined}
              />
            </>
          )}
        </Group>
        <Group title={t('desks.dkim')}>
          <TextField label={t('desks.dkimDomain')} dir="ltr" {...field('dkim_domain')} placeholder="example.com" />
          <TextField label={t('desks.dkimSelector')} dir="ltr" {...field('dkim_selector')} />
          <TextArea
            label={t('desks.dkimKey')}
            dir="ltr"
            {...field('dkim_key')}
            rows={3}
            hint={desk?.dkim.has_key ? t('desks.dkimKept') : undefined}
            className="font-mono text-meta"
          />
          <TextField
            label={t('desks.authserv')}
            hint={t('desks.authservHint')}
            dir="ltr"
            {...field('trusted_authserv')}
          />
        </Group>
        <footer className="sticky bottom-0 -mx-2 flex items-center justify-end gap-2 border-t border-line bg-bg px-2 py-3">
          <div className="min-w-0 flex-1">{form.trouble && <Trouble title={form.trouble} />}</div>
          <Button onClick={onDone}>{t('action.cancel')}</Button>
          <Button type="submit" tone="primary" busy={form.busy}>
            {t('action.save')}
          </Button>
        </footer>
      </form>
    </main>
  )
}
