import { Button, TextField, Trouble } from '@kit'
import { Select } from '@kit/Select'
import { Switch } from '@kit/Switch'
import { useState } from 'react'
import { api } from '../../api/client'
import type { Me } from '../../api/types'
import { ask } from '../../app/dialogs'
import { Page } from '../../app/Page'
import { prefer, preferences, type Theme } from '../../app/preferences'
import { layOut, speakAs } from '../../app/session'
import { useCell } from '../../store/cell'
import { toast } from '../../store/toasts'
import { me } from '../../store/world'
import { languages, t } from '../../text/t'
import { PasswordField } from '../signin/Frame'
import { Zone } from '../signin/Setup'
import { Group } from './Group'
import { useForm } from './useForm'

function Profile({ person }: { person: Me }) {
  const form = useForm({ name: person.name, zone: person.zone }, async (values) => {
    me.set(await api.patch('/me', values))
    toast(t('action.saved'))
  })
  return (
    <Group title={t('me.profile')}>
      <form className="flex flex-col gap-4" onSubmit={(event) => void form.submit(event)}>
        {form.trouble && <Trouble title={form.trouble} />}
        <TextField label={t('me.name')} {...form.field('name')} autoComplete="name" required maxLength={200} />
        <TextField label={t('me.email')} value={person.email} disabled dir="ltr" />
        <Zone {...form.field('zone')} hint={t('me.zoneHint')} />
        <Button type="submit" tone="primary" className="self-start" busy={form.busy} disabled={!form.dirty}>
          {t('action.save')}
        </Button>
      </form>
    </Group>
  )
}

function Look() {
  const own = useCell(preferences)
  return (
    <>
      <Group title={t('me.look')}>
        <Select<Theme>
          label={t('me.theme')}
          value={own.theme}
          onChange={(theme) => prefer({ theme })}
          options={[
            { value: 'system', label: t('nav.theme.system') },
            { value: 'light', label: t('nav.theme.light') },
            { value: 'dark', label: t('nav.theme.dark') },
          ]}
        />
        <Select
          label={t('me.language')}
          value={own.language || 'auto'}
          onChange={(language) => void speakAs(language === 'auto' ? '' : language)}
          options={[{ value: 'auto', label: t('me.languageAuto') }, ...languages]}
        />
        <Select
          label={t('me.direction')}
          value={own.direction}
          onChange={layOut}
          options={[
            { value: 'auto', label: t('me.direction.auto') },
            { value: 'ltr', label: t('me.direction.ltr') },
            { value: 'rtl', label: t('me.direction.rtl') },
          ]}
        />
        <Select
          label={t('me.density')}
          value={own.compact ? 'compact' : 'roomy'}
          onChange={(density) => prefer({ compact: density === 'compact' })}
          options={[
            { value: 'roomy', label: t('me.roomy') },
            { value: 'compact', label: t('me.compact') },
          ]}
        />
      </Group>
      <Group title={t('me.writing')}>
        <Switch
          label={t('me.plain')}
          hint={t('me.plainHint')}
          checked={own.plain}
          onChange={(plain) => prefer({ plain })}
        />
        <div className="flex items-center gap-3">
          <span className="flex-1">
            <span className="block text-dense font-medium">{t('me.keys')}</span>
            <span className="block text-meta text-ink-2">{t('me.keysHint')}</span>
          </span>
          <Button keys="?" onClick={() => ask({ kind: 'keys' })}>
            {t('me.keysOpen')}
          </Button>
        </div>
      </Group>
    </>
  )
}

function Password() {
  const [round, setRound] = useState(0)
  const form = useForm({ old: '', new: '' }, async (values) => {
    await api.put('/me/password', values)
    toast(t('me.changed'))
    form.edit({ old: '', new: '' })
    setRound((count) => count + 1)
  })
  return (
    <Group title={t('me.password')}>
      <form key={round} className="flex flex-col gap-4" onSubmit={(event) => void form.submit(event)}>
        {form.trouble && <Trouble title={form.trouble} />}
        <PasswordField label={t('me.current')} {...form.field('old')} autoComplete="current-password" required />
        <PasswordField
          label={t('me.new')}
          hint={t('setup.passwordHint')}
          {...form.field('new')}
          autoComplete="new-password"
          required
          minLength={10}
        />
        <Button type="submit" className="self-start" busy={form.busy}>
          {t('me.change')}
        </Button>
      </form>
    </Group>
  )
}

export function Account() {
  const person = useCell(me)
  if (!person) return null
  return (
    <Page title={t('me.title')}>
      <Profile person={person} />
      <Look />
      <Password />
    </Page>
  )
}
