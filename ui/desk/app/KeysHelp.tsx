import { Button, Dialog, Kbd } from '@kit'
import { Switch } from '@kit/Switch'
import { useState } from 'react'
import { type Action, clashes, keymap, keysOf } from '../actions/action'
import { named } from '../actions/keys'
import { useCell } from '../store/cell'
import { type Key, t } from '../text/t'
import { allActions } from './all'
import { answered } from './dialogs'

const writing: [Key, string][] = [
  ['keys.send', 'mod+enter'],
  ['keys.sendClose', 'mod+shift+enter'],
  ['keys.bold', 'mod+b'],
  ['keys.italic', 'mod+i'],
  ['keys.link', 'mod+k'],
  ['keys.lists', 'mod+shift+7 8 9'],
  ['keys.indent', 'mod+]'],
]

const setKeys = (id: string, keys: string) => keymap.set((map) => ({ ...map, own: { ...map.own, [id]: keys } }))

/** Waits for one press and takes it as the action's new key; Escape leaves it, Backspace switches it off. */
function Recorder({ action, onDone }: { action: Action; onDone: () => void }) {
  return (
    <input
      readOnly
      // biome-ignore lint/a11y/noAutofocus: it was asked for by a press on "Change"
      autoFocus
      aria-label={`${t(action.label)}: ${t('keys.press')}`}
      value={t('keys.press')}
      onBlur={onDone}
      onKeyDown={(event) => {
        if (['Shift', 'Control', 'Alt', 'Meta', 'Tab'].includes(event.key)) return
        event.preventDefault()
        event.stopPropagation()
        if (event.key === 'Backspace') setKeys(action.id, '')
        else if (event.key !== 'Escape') setKeys(action.id, named(event))
        onDone()
      }}
      className="w-36 rounded-md border border-accent bg-bg px-2 text-meta"
    />
  )
}

function Line({ action }: { action: Action }) {
  const map = useCell(keymap)
  const [recording, setRecording] = useState(false)
  const keys = keysOf(action, map)
  return (
    <li className="group flex min-h-8 items-center gap-2 text-dense">
      <action.icon size={15} aria-hidden className="shrink-0 text-ink-2" />
      <span className="flex-1">{t(action.label)}</span>
      {recording ? (
        <Recorder action={action} onDone={() => setRecording(false)} />
      ) : (
        <>
          <Button
            tone="quiet"
            className="h-6 opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
            aria-label={`${t('keys.change')}: ${t(action.label)}`}
            onClick={() => setRecording(true)}
          >
            {t('keys.change')}
          </Button>
          {keys ? <KeyName keys={keys} /> : <span className="text-meta text-ink-2">{t('keys.off')}</span>}
        </>
      )}
    </li>
  )
}

/** Here the keys are the content: they are read out too, and shown on touch screens. */
function KeyName({ keys }: { keys: string }) {
  return (
    <>
      <Kbd keys={keys} />
      <span className="sr-only">{keys.replace('mod', 'Control').replaceAll('+', ' ')}</span>
    </>
  )
}

function Group({ title, actions }: { title: string; actions: Action[] }) {
  return (
    <section>
      <h3 className="mb-1 text-label font-medium tracking-[0.04em] text-ink-2 uppercase">{title}</h3>
      <ul>
        {actions.map((action) => (
          <Line key={action.id} action={action} />
        ))}
      </ul>
    </section>
  )
}

/** All keys, each of which can be changed or switched off. */
export default function KeysHelp() {
  const map = useCell(keymap)
  const of = (section: Action['section']) =>
    allActions.filter((action) => action.section === section && (action.keys || map.own[action.id]))
  const troubles = clashes(allActions, map).filter(([a, b]) => map.own[a.id] || map.own[b.id])
  return (
    <Dialog
      open
      wide
      onClose={answered}
      title={t('keys.title')}
      lead={t('keys.lead')}
      closeLabel={t('action.close')}
      footer={
        <>
          <span className="flex-1">
            <Switch
              label={t('keys.single')}
              hint={t('keys.singleHint')}
              checked={map.single}
              onChange={(single) => keymap.set((old) => ({ ...old, single }))}
            />
          </span>
          <Button disabled={!Object.keys(map.own).length} onClick={() => keymap.set((old) => ({ ...old, own: {} }))}>
            {t('keys.reset')}
          </Button>
        </>
      }
    >
      {troubles.map(([a, b]) => (
        <p key={a.id + b.id} role="alert" className="mb-2 text-dense text-broken">
          {t('keys.clash', { a: t(a.label), b: t(b.label) })}
        </p>
      ))}
      <div className="grid gap-x-8 gap-y-5 two:grid-cols-2">
        <div className="flex flex-col gap-5">
          <Group title={t('section.conversation')} actions={of('conversation')} />
          <Group title={t('section.desk')} actions={of('desk')} />
        </div>
        <div className="flex flex-col gap-5">
          <Group title={t('section.list')} actions={of('list')} />
          <Group title={t('section.go')} actions={of('go')} />
          <section>
            <h3 className="mb-1 text-label font-medium tracking-[0.04em] text-ink-2 uppercase">{t('keys.composer')}</h3>
            <ul>
              {writing.map(([label, keys]) => (
                <li key={label} className="flex min-h-8 items-center gap-2 text-dense">
                  <span className="flex-1">{t(label)}</span>
                  <KeyName keys={keys} />
                </li>
              ))}
            </ul>
          </section>
        </div>
      </div>
    </Dialog>
  )
}
