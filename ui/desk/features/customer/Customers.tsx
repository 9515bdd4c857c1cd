import { Avatar, Button, cx, Empty, IconButton, Skeleton, Trouble } from '@kit'
import { ArrowLeft, PenLine, Search, UserRound, Users } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { Link } from 'wouter'
import { api } from '../../api/client'
import { ask } from '../../app/dialogs'
import { go, pathOf } from '../../app/go'
import { useResource } from '../../store/resource'
import { hear } from '../../store/truth'
import { t } from '../../text/t'
import { Addresses, Conversations, Editing, Person, Promises } from './Facts'
import { useCustomer } from './useCustomer'

function List({ id }: { id: number | null }) {
  const [text, setText] = useState('')
  const sought = useDeferredValue(text.trim())
  const found = useResource(`customers?${sought}`, () => api.get('/customers', { q: sought, limit: 100 }))
  return (
    <section
      className={cx(
        'flex w-[340px] shrink-0 flex-col border-e border-line max-three:w-[300px] max-two:w-full',
        id !== null && 'max-two:hidden',
      )}
    >
      <header className="flex h-14 shrink-0 items-center border-b border-line px-4">
        <h1 className="text-title font-semibold">{t('nav.customers')}</h1>
      </header>
      <label className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-4 focus-within:bg-subtle">
        <Search size={15} aria-hidden className="text-ink-2" />
        <input
          type="search"
          aria-label={t('customer.search')}
          placeholder={t('customer.search')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="min-w-0 flex-1 bg-transparent outline-none"
        />
      </label>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {found.error && (
          <div className="p-3">
            <Trouble title={found.error} retry={{ label: t('action.retry'), run: () => void found.again() }} />
          </div>
        )}
        {!found.data && !found.error && <Skeleton lines={8} className="p-4" />}
        {found.data?.items.map((one) => (
          <Link
            key={one.id}
            href={`/customers/${one.id}`}
            aria-current={one.id === id ? 'page' : undefined}
            className={cx(
              'flex h-14 items-center gap-3 border-b border-line px-4',
              one.id === id ? 'bg-accent-soft' : 'hover:bg-subtle',
            )}
          >
            <Avatar name={one.name || one.address} />
            <span className="min-w-0">
              <bdi className="block truncate font-medium">{one.name || one.address}</bdi>
              <bdi className="block truncate text-meta text-ink-2">{one.address}</bdi>
            </span>
          </Link>
        ))}
        {found.data?.items.length === 0 &&
          (sought ? (
            <Empty icon={Users} title={t('customer.none')} />
          ) : (
            <Empty icon={Users} title={t('customer.empty')} text={t('customer.emptyText')} />
          ))}
      </div>
    </section>
  )
}

function One({ id }: { id: number }) {
  const page = useCustomer(id)
  const [editing, setEditing] = useState(false)
  if (page.error && !page.data) {
    return (
      <div className="p-6">
        <Trouble
          title={t('customer.failed')}
          text={page.error}
          retry={{ label: t('action.retry'), run: () => void page.again() }}
        />
      </div>
    )
  }
  if (!page.data) return <Skeleton lines={8} className="max-w-lg p-8" />
  const { data } = page
  const name = data.customer.name || data.customer.address
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-6 px-6 py-6 text-dense max-two:px-4">
      <IconButton
        icon={ArrowLeft}
        label={t('action.back')}
        className="self-start two:hidden rtl:[&_svg]:-scale-x-100"
        onClick={() => go('/customers')}
      />
      <Person page={data} onEdit={() => setEditing(true)} />
      <Button
        icon={PenLine}
        className="self-start"
        onClick={() => ask({ kind: 'compose', to: { name: data.customer.name, address: data.customer.address } })}
      >
        <bdi>{t('customer.new', { name })}</bdi>
      </Button>
      <div className="grid gap-6 two:grid-cols-2">
        <Promises page={data} />
        <Addresses page={data} />
      </div>
      <Conversations
        list={data.conversations}
        onOpen={(c) => {
          hear(c)
          go(pathOf('all', c.id))
        }}
      />
      {editing && (
        <Editing
          page={data}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false)
            void page.again()
          }}
        />
      )}
    </div>
  )
}

/** Everybody who ever wrote, and one of them in full. */
export default function Customers({ id }: { id: number | null }) {
  return (
    <>
      <List id={id} />
      <main className={cx('min-w-0 flex-1 overflow-y-auto', id === null && 'max-two:hidden')}>
        {id === null ? <Empty icon={UserRound} title={t('customer.choose')} /> : <One id={id} key={id} />}
      </main>
    </>
  )
}
