import { Avatar, Button, Chip, Dialog, TextField, Trouble } from '@kit'
import { Select } from '@kit/Select'
import { Link2, Plus, UserPlus, Users } from 'lucide-react'
import { useState } from 'react'
import { api, sentence } from '../../api/client'
import type { Person, Team } from '../../api/types'
import { Card, Loaded, Page } from '../../app/Page'
import { useCell } from '../../store/cell'
import { useResource } from '../../store/resource'
import { toast, trouble } from '../../store/toasts'
import { people as knownPeople, teams as knownTeams, me, now } from '../../store/world'
import { type Key, t } from '../../text/t'
import { moment } from '../../text/time'
import { Secret, Ticks } from './Group'
import { useForm } from './useForm'

const roles: Person['role'][] = ['agent', 'lead', 'owner']
const roleOptions = () => roles.map((value) => ({ value, label: t(`role.${value}`) }))

function usePeople() {
  const people = useResource('people', async () => {
    const list = (await api.get('/people')).items
    knownPeople.set(list)
    return list
  })
  const teams = useResource('teams', async () => {
    const list = (await api.get('/teams')).items
    knownTeams.set(list)
    return list
  })
  return { people, teams }
}

function RoleField({ value, onChange }: { value: Person['role']; onChange: (role: Person['role']) => void }) {
  return (
    <Select
      label={t('people.role')}
      value={value}
      onChange={onChange}
      options={roleOptions()}
      hint={t(`role.${value}Text` as Key)}
    />
  )
}

function InviteDialog({ teams, onClose, onMade }: { teams: Team[]; onClose: () => void; onMade: () => void }) {
  const [link, setLink] = useState('')
  const form = useForm(
    { email: '', name: '', role: 'agent' as Person['role'], team_ids: teams.slice(0, 1).map((team) => team.id) },
    async (values) => {
      setLink((await api.post('/invites', values)).link)
      onMade()
    },
  )
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('people.invite')}
      lead={t('people.inviteLead')}
      closeLabel={t('action.close')}
      footer={
        link ? (
          <Button tone="primary" onClick={onClose}>
            {t('action.close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button
              tone="primary"
              icon={Link2}
              busy={form.busy}
              disabled={!form.values.email.trim()}
              onClick={() => void form.submit()}
            >
              {t('people.inviteDo')}
            </Button>
          </>
        )
      }
    >
      {link ? (
        <Secret label={t('people.inviteLink', { name: form.values.name || form.values.email })} value={link} />
      ) : (
        <form className="flex flex-col gap-4 pb-2" onSubmit={(event) => void form.submit(event)}>
          {form.trouble && <Trouble title={form.trouble} />}
          <TextField label={t('people.email')} type="email" dir="ltr" {...form.field('email')} required />
          <TextField label={t('me.name')} {...form.field('name')} maxLength={200} />
          <RoleField value={form.values.role} onChange={(role) => form.edit({ role })} />
          <Ticks
            legend={t('people.teams')}
            options={teams.map((team) => ({ value: team.id, label: team.name }))}
            value={form.values.team_ids}
            onChange={(team_ids) => form.edit({ team_ids })}
          />
        </form>
      )}
    </Dialog>
  )
}

function EditPerson({
  person,
  teams,
  onClose,
  onSaved,
}: {
  person: Person
  teams: Team[]
  onClose: () => void
  onSaved: () => void
}) {
  const self = useCell(me)?.id === person.id
  const form = useForm({ role: person.role, team_ids: person.team_ids, state: person.state }, async (values) => {
    await api.patch(`/people/${person.id}`, values)
    onSaved()
    onClose()
  })
  const { state } = form.values
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('people.edit', { name: person.name })}
      closeLabel={t('action.close')}
      footer={
        <>
          {!self && (
            <Button
              tone={state === 'active' ? 'danger' : 'plain'}
              className="me-auto"
              onClick={() => form.edit({ state: state === 'active' ? 'disabled' : 'active' })}
            >
              {t(state === 'active' ? 'people.disable' : 'people.enable')}
            </Button>
          )}
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" busy={form.busy} disabled={!form.dirty} onClick={() => void form.submit()}>
            {t('action.save')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 pb-2">
        {form.trouble && <Trouble title={form.trouble} />}
        {state === 'disabled' && <Chip tone="broken">{t('people.disabled')}</Chip>}
        <RoleField value={form.values.role} onChange={(role) => form.edit({ role })} />
        <Ticks
          legend={t('people.teams')}
          options={teams.map((team) => ({ value: team.id, label: team.name }))}
          value={form.values.team_ids}
          onChange={(team_ids) => form.edit({ team_ids })}
        />
      </div>
    </Dialog>
  )
}

function PersonLine({ person, teams, onEdit }: { person: Person; teams: Team[]; onEdit: () => void }) {
  const self = useCell(me)?.id === person.id
  const inTeams = teams.filter((team) => person.team_ids.includes(team.id)).map((team) => team.name)
  return (
    <div className="flex items-center gap-3 px-4 py-2.5">
      <Avatar name={person.name} />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">
          <bdi>{person.name}</bdi>
          {self && <span className="font-normal text-ink-2"> ({t('people.you')})</span>}
        </p>
        <p className="truncate text-dense text-ink-2">
          <bdi>{person.email}</bdi>
          {inTeams.length > 0 && ` · ${inTeams.join(', ')}`}
        </p>
      </div>
      {person.state === 'disabled' ? (
        <Chip tone="calm">{t('people.disabled')}</Chip>
      ) : (
        <Chip tone={person.role === 'agent' ? 'calm' : 'due'}>{t(`role.${person.role}`)}</Chip>
      )}
      <Button onClick={onEdit} aria-label={`${t('action.edit')}: ${person.name}`}>
        {t('action.edit')}
      </Button>
    </div>
  )
}

function Invites({ round }: { round: number }) {
  const invites = useResource(`invites/${round}`, async () => (await api.get('/invites')).items)
  const present = useCell(now)
  const withdraw = (id: number) =>
    api.delete(`/invites/${id}`).then(
      () => {
        toast(t('people.withdrawn'))
        void invites.again()
      },
      (error) => trouble(sentence(error)),
    )
  if (!invites.data?.length) return null
  return (
    <Card title={t('people.invites')}>
      {invites.data.map((invite) => (
        <div key={invite.id} className="flex items-center gap-3 px-4 py-2.5">
          <Avatar name={invite.name || invite.email} />
          <div className="min-w-0 flex-1">
            <p className="truncate font-medium">
              <bdi>{invite.name || invite.email}</bdi>
            </p>
            <p className="truncate text-dense text-ink-2">
              {t(`role.${invite.role}`)} · {t('people.invited', { when: moment(invite.created_at, present) })}
            </p>
          </div>
          <Button onClick={() => void withdraw(invite.id)}>{t('people.withdraw')}</Button>
        </div>
      ))}
    </Card>
  )
}

function TeamDialog({
  team,
  people,
  onClose,
  onSaved,
}: {
  team: Team | null
  people: Person[]
  onClose: () => void
  onSaved: () => void
}) {
  const form = useForm({ name: team?.name ?? '', person_ids: team?.person_ids ?? [] }, async (values) => {
    await (team ? api.patch(`/teams/${team.id}`, values) : api.post('/teams', values))
    onSaved()
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={team?.name ?? t('people.teamNew')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            tone="primary"
            busy={form.busy}
            disabled={!form.values.name.trim()}
            onClick={() => void form.submit()}
          >
            {t('action.save')}
          </Button>
        </>
      }
    >
      <form className="flex flex-col gap-4 pb-2" onSubmit={(event) => void form.submit(event)}>
        {form.trouble && <Trouble title={form.trouble} />}
        <TextField label={t('people.teamName')} {...form.field('name')} required maxLength={200} />
        <Ticks
          legend={t('people.memberList')}
          options={people
            .filter((person) => person.state === 'active')
            .map((person) => ({ value: person.id, label: person.name }))}
          value={form.values.person_ids}
          onChange={(person_ids) => form.edit({ person_ids })}
        />
      </form>
    </Dialog>
  )
}

/** Who is here, who is invited, and which team sees which desks. */
export function People() {
  const { people, teams } = usePeople()
  const [inviting, setInviting] = useState(false)
  const [editing, setEditing] = useState<Person | null>(null)
  const [team, setTeam] = useState<Team | 'new' | null>(null)
  const [round, setRound] = useState(0)
  const teamList = teams.data ?? []
  const again = () => {
    void people.again()
    void teams.again()
  }
  return (
    <Page
      title={t('people.title')}
      lead={t('people.lead')}
      action={
        <Button tone="primary" icon={UserPlus} onClick={() => setInviting(true)}>
          {t('people.invite')}
        </Button>
      }
    >
      <Invites round={round} />
      <Loaded from={people}>
        {(list) => (
          <>
            <Card title={t('people.active')}>
              {list.map((person) => (
                <PersonLine key={person.id} person={person} teams={teamList} onEdit={() => setEditing(person)} />
              ))}
            </Card>
            <Card
              title={t('people.teamsTitle')}
              action={
                <Button icon={Plus} onClick={() => setTeam('new')}>
                  {t('people.teamNew')}
                </Button>
              }
            >
              {teamList.map((one) => (
                <div key={one.id} className="flex items-center gap-3 px-4 py-2.5">
                  <Users size={18} aria-hidden className="shrink-0 text-ink-2" />
                  <bdi className="min-w-0 flex-1 truncate font-medium">{one.name}</bdi>
                  <span className="text-dense text-ink-2">{t('people.members', { count: one.person_ids.length })}</span>
                  <Button onClick={() => setTeam(one)}>{t('action.edit')}</Button>
                </div>
              ))}
            </Card>
            {team && (
              <TeamDialog
                team={team === 'new' ? null : team}
                people={list}
                onClose={() => setTeam(null)}
                onSaved={again}
              />
            )}
          </>
        )}
      </Loaded>
      {inviting && (
        <InviteDialog
          teams={teamList}
          onClose={() => setInviting(false)}
          onMade={() => setRound((count) => count + 1)}
        />
      )}
      {editing && <EditPerson person={editing} teams={teamList} onClose={() => setEditing(null)} onSaved={again} />}
    </Page>
  )
}
