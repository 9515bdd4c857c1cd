import { Avatar, cx, Dialog } from '@kit'
import { CircleDashed, Search } from 'lucide-react'
import { useRef, useState } from 'react'
import { answered } from '../../app/dialogs'
import { useCell } from '../../store/cell'
import { checked, conversations, me, people } from '../../store/world'
import { t } from '../../text/t'
import { assign } from './verbs'

type Choice = { id: number | null; name: string; detail: string }

function useChoices(text: string): Choice[] {
  const mine = useCell(me)
  const all = useCell(people).filter((person) => person.state === 'active')
  const sought = text.trim().toLocaleLowerCase()
  const list: Choice[] = [
    ...all
      .filter((person) => person.id === mine?.id)
      .map((person) => ({ id: person.id, name: t('assign.me', { name: person.name }), detail: person.email })),
    ...all
      .filter((person) => person.id !== mine?.id)
      .map((person) => ({ id: person.id, name: person.name, detail: person.email })),
  ].filter((choice) => `${choice.name} ${choice.detail}`.toLocaleLowerCase().includes(sought))
  return sought ? list : [...list, { id: null, name: t('assign.nobody'), detail: t('assign.nobodyText') }]
}

/** Who takes it: type a few letters, Enter. */
export default function Assign({ ids }: { ids: number[] }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const field = useRef<HTMLInputElement>(null)
  const choices = useChoices(text)
  const owner = ids.length === 1 ? (conversations.get(ids[0] ?? 0)?.person_id ?? null) : undefined
  const take = (choice: Choice | undefined) => {
    if (!choice) return
    answered()
    checked.set(new Set())
    for (const id of ids) void assign(id, choice.id, ids.length > 1)
  }
  return (
    <Dialog
      open
      onClose={answered}
      title={t('assign.titleMany', { count: ids.length })}
      focus={field}
      closeLabel={t('action.close')}
    >
      <div className="mb-2 flex items-center gap-2 rounded-md border border-line-strong px-2.5 focus-within:border-accent">
        <Search size={15} aria-hidden className="text-ink-2" />
        <input
          ref={field}
          role="combobox"
          aria-expanded
          aria-controls="assign-choices"
          aria-activedescendant={choices[at] ? `assign-${choices[at].id}` : undefined}
          aria-label={t('assign.search')}
          placeholder={t('assign.search')}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setAt(0)
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt(Math.min(at + 1, choices.length - 1))
            else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0))
            else if (event.key === 'Enter') take(choices[at])
            else return
            event.preventDefault()
          }}
          className="h-9 flex-1 bg-transparent outline-none"
        />
      </div>
      <div id="assign-choices" role="listbox" aria-label={t('assign.title')} className="-mx-2 flex flex-col pb-2">
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above holds the keyboard
          <div
            key={choice.id}
            id={`assign-${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onClick={() => take(choice)}
            onPointerMove={() => setAt(index)}
            className={cx(
              'flex min-h-11 cursor-pointer items-center gap-3 rounded-md px-2',
              index === at && 'bg-sunken',
            )}
          >
            {choice.id === null ? (
              <CircleDashed size={28} strokeWidth={1.25} aria-hidden className="text-ink-2" />
            ) : (
              <Avatar name={choice.name} />
            )}
            <span className="min-w-0 flex-1">
              <bdi className="block truncate text-dense font-medium">{choice.name}</bdi>
              <bdi className="block truncate text-meta text-ink-2">{choice.detail}</bdi>
            </span>
            {choice.id === owner && <span className="text-meta text-ink-2">{t('assign.current')}</span>}
          </div>
        ))}
      </div>
      {!choices.length && (
        <p role="status" className="pb-3 text-center text-dense text-ink-2">
          {t('assign.none')}
        </p>
      )}
    </Dialog>
  )
}
