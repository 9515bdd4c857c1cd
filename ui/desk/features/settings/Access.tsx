import { Button, Chip, Dialog, TextField, Trouble } from '@kit'
import { Select } from '@kit/Select'
import { KeyRound, Laptop, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../../api/client'
import { Card, Loaded, Page } from '../../app/Page'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { toast, trouble } from '../../store/toasts'
import { now } from '../../store/world'
import { type Key, t } from '../../text/t'
import { dateOnly, moment } from '../../text/time'
import { Secret } from './Group'
import { useForm } from './useForm'

/** "Firefox on Linux" out of a user agent; the whole where neither is known. */
export function browserName(agent: string): string {
  const browser = (
    [
      ['Edg/', 'Edge'],
      ['OPR/', 'Opera'],
      ['Firefox/', 'Firefox'],
      ['Chrome/', 'Chrome'],
      ['Safari/', 'Safari'],
    ] as const
  ).find(([mark]) => agent.includes(mark))?.[1]
  const system = (
    [
      ['Android', 'Android'],
      ['iPhone', 'iPhone'],
      ['iPad', 'iPad'],
      ['Mac OS', 'macOS'],
      ['Windows', 'Windows'],
      ['Linux', 'Linux'],
    ] as const
  ).find(([mark]) => agent.includes(mark))?.[1]
  return [browser, system].filter(Boolean).join(' · ') || agent
}

function Sessions() {
  const sessions = useResource('sessions', () => api.get('/sessions'))
  const present = useCell(now)
  const end = (id: number) =>
    api.delete(`/sessions/${id}`).then(
      () => {
        toast(t('access.ended'))
        void sessions.again()
      },
      (error) => trouble(sentence(error)),
    )
  return (
    <Loaded from={sessions}>
      {({ items }) => (
        <Card title={t('access.sessions')}>
          {items.map((session) => (
            <div key={session.id} className="flex items-center gap-3 px-4 py-3">
              <Laptop size={18} aria-hidden className="shrink-0 text-ink-2" />
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium">{browserName(session.agent)}</p>
                <p className="truncate text-dense text-ink-2">
                  {t('access.seen', { when: moment(session.seen_at, present) })} · <bdi>{session.address}</bdi>
                </p>
              </div>
              {session.current ? (
                <Chip tone="kept">{t('access.current')}</Chip>
              ) : (
                <Button onClick={() => void end(session.id)}>{t('access.end')}</Button>
              )}
            </div>
          ))}
        </Card>
      )}
    </Loaded>
  )
}

const scopes: Record<string, string[]> = { read: ['read'], write: ['read', 'write'], admin: ['read', 'write', 'admin'] }

function NewToken({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [secret, setSecret] = useState('')
  const form = useForm({ name: '', scope: 'read', days: '90' }, async (values) => {
    const expires_at =
      values.days === 'never' ? undefined : new Date(Date.now() + Number(values.days) * 86_400_000).toISOString()
    const made = await api.post('/tokens', {
      name: values.name,
      scopes: scopes[values.scope] ?? ['read'],
      ...(expires_at ? { expires_at } : {}),
    })
    setSecret(made.token)
    onMade()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('access.newToken')}
      closeLabel={t('action.close')}
      footer={
        secret ? (
          <Button tone="primary" onClick={onClose}>
            {t('action.close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button
              tone="primary"
              busy={form.busy}
              disabled={!form.values.name.trim()}
              onClick={() => void form.submit()}
            >
              {t('access.make')}
            </Button>
          </>
        )
      }
    >
      {secret ? (
        <Secret label={t('access.secret')} value={secret} />
      ) : (
        <form className="flex flex-col gap-4 pb-2" onSubmit={(event) => void form.submit(event)}>
          {form.trouble && <Trouble title={form.trouble} />}
          <TextField label={t('access.tokenName')} {...form.field('name')} required maxLength={200} />
          <Select
            label={t('access.scopes')}
            value={form.values.scope}
            onChange={(scope) => form.edit({ scope })}
            options={Object.keys(scopes).map((value) => ({ value, label: t(`access.scope.${value}` as Key) }))}
          />
          <Select
            label={t('access.expires')}
            value={form.values.days}
            onChange={(days) => form.edit({ days })}
            options={['30', '90', '365', 'never'].map((value) => ({
              value,
              label: t(`access.expires.${value}` as Key),
            }))}
          />
        </form>
      )}
    </Dialog>
  )
}

function Tokens() {
  const tokens = useResource('tokens', () => api.get('/tokens'))
  const present = useCell(now)
  const [making, setMaking] = useState(false)
  const revoke = (id: number) =>
    api.delete(`/tokens/${id}`).then(
      () => void tokens.again(),
      (error) => trouble(sentence(error)),
    )
  return (
    <Loaded from={tokens}>
      {({ items }) => (
        <Card
          title={t('access.tokens')}
          action={
            <Button icon={Plus} onClick={() => setMaking(true)}>
              {t('access.newToken')}
            </Button>
          }
        >
          {items.map((token) => (
            <div key={token.id} className="flex items-center gap-3 px-4 py-3">
              <KeyRound size={18} aria-hidden className="shrink-0 text-ink-2" />
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium" dir="auto">
                  {token.name}
                </p>
                <p className="truncate text-dense text-ink-2">
                  {[
                    token.scopes.join(', '),
                    token.seen_at ? t('access.seen', { when: moment(token.seen_at, present) }) : t('access.never'),
                    token.expires_at && t('access.until', { date: dateOnly(token.expires_at) }),
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </p>
              </div>
              <Button tone="danger" onClick={() => void revoke(token.id)}>
                {t('access.revoke')}
              </Button>
            </div>
          ))}
          {!items.length && <p className="px-4 py-3 text-dense text-ink-2">{t('access.noTokens')}</p>}
          {making && <NewToken onClose={() => setMaking(false)} onMade={() => void tokens.again()} />}
        </Card>
      )}
    </Loaded>
  )
}

export function Access() {
  return (
    <Page title={t('settings.access')} lead={t('access.tokensLead')}>
      <Sessions />
      <Tokens />
    </Page>
  )
}
