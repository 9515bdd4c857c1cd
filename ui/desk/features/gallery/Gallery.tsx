import { Avatar, Button, Chip, Empty, IconButton, Kbd, Menu, Skeleton, TextArea, TextField, Trouble } from '@kit'
import { Select } from '@kit/Select'
import { Switch } from '@kit/Switch'
import { Archive, Check, CircleAlert, Clock, Ellipsis, Inbox, Moon, Send, Sparkles, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'

const swatches = [
  'bg-bg',
  'bg-subtle',
  'bg-sunken',
  'bg-accent',
  'bg-accent-soft',
  'bg-kept-soft',
  'bg-risk-soft',
  'bg-broken-soft',
  'bg-recovery-soft',
  'bg-note-soft',
]
const none = () => {}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-3 border-t border-line pt-4">
      <h2 className="text-title font-semibold">{title}</h2>
      <div className="flex flex-wrap items-start gap-3">{children}</div>
    </section>
  )
}

/** Every part of the kit in its states, for whoever changes one. Not translated: it is for builders. */
export default function Gallery() {
  const [on, setOn] = useState(true)
  const [role, setRole] = useState<'agent' | 'lead'>('agent')
  return (
    <main lang="en" className="h-full overflow-y-auto">
      <div className="mx-auto flex max-w-4xl flex-col gap-6 p-8">
        <h1 className="text-page font-semibold">Kit</h1>
        <Part title="Colours">
          {swatches.map((name) => (
            <div
              key={name}
              className={`grid size-20 place-items-end rounded-md border border-line p-1 text-label ${name} ${name === 'bg-accent' ? 'text-on-accent' : ''}`}
            >
              {name.slice(3)}
            </div>
          ))}
        </Part>
        <Part title="Type">
          <div>
            <p className="text-number">Number 28</p>
            <p className="text-page">Page 20</p>
            <p className="text-title">Title 16</p>
            <p>Body 14: Amina Okafor asks for the third time.</p>
            <p className="text-dense">Dense 13</p>
            <p className="text-meta text-ink-2">Meta 12</p>
            <p className="text-label text-ink-2">Label 11</p>
          </div>
        </Part>
        <Part title="Buttons">
          <Button tone="primary" icon={Send} keys="mod+enter">
            Send to Amina
          </Button>
          <Button icon={Archive} keys="e">
            Close
          </Button>
          <Button tone="quiet">Quiet</Button>
          <Button tone="danger">Remove</Button>
          <Button tone="note">Add note</Button>
          <Button busy>Saving</Button>
          <Button disabled>Off</Button>
          <IconButton icon={Moon} label="Snooze" keys="h" />
          <Menu
            trigger={<IconButton icon={Ellipsis} label="More" />}
            items={() => [
              { label: 'Snooze', icon: Moon, keys: 'h', onSelect: none },
              { kind: 'line' },
              { label: 'Remove', danger: true, onSelect: none },
            ]}
          />
          <Kbd keys="shift+e" />
        </Part>
        <Part title="Chips">
          <Chip tone="kept" icon={Check}>
            Kept
          </Chip>
          <Chip tone="due" icon={Clock}>
            Today 16:00
          </Chip>
          <Chip tone="risk" icon={CircleAlert}>
            Reply in 18m
          </Chip>
          <Chip tone="broken" icon={X}>
            Missed by 1h
          </Chip>
          <Chip tone="recovery" icon={Sparkles}>
            Recovery
          </Chip>
          <Chip tone="note">Note</Chip>
          <Chip tone="calm">Closed</Chip>
        </Part>
        <Part title="People">
          <Avatar name="Amina Okafor" size="sm" />
          <Avatar name="Jonas Bergström" />
          <Avatar name="priya@example.net" size="lg" />
          <Avatar name="نور الهدى" size="lg" />
        </Part>
        <Part title="Fields">
          <div className="flex w-80 flex-col gap-4">
            <TextField label="Name" hint="As customers see it." defaultValue="Support" />
            <TextField
              label="Address"
              error="This is not a mail address. Check it for a typing mistake."
              defaultValue="support@"
            />
            <TextArea label="Signature" />
            <Select
              label="Role"
              value={role}
              onChange={setRole}
              options={[
                { value: 'agent', label: 'Agent' },
                { value: 'lead', label: 'Lead' },
              ]}
            />
            <Switch label="Acknowledge" hint="Only on the first message." checked={on} onChange={setOn} />
          </div>
        </Part>
        <Part title="States">
          <div className="w-72">
            <Skeleton lines={4} />
          </div>
          <Empty
            compact
            icon={Inbox}
            title="Nobody is waiting for you."
            text="7 people have no owner yet."
            action={<Button keys="n">Next customer</Button>}
          />
          <div className="w-full">
            <Trouble title="Not sent." text="Your text is safe here." retry={{ label: 'Try again', run: none }} />
          </div>
        </Part>
      </div>
    </main>
  )
}
