import { Button, Dialog, TextField } from '@kit'
import { useState } from 'react'
import { api, Problem, sentence } from '../../api/client'
import type { CustomerPage } from '../../api/types'
import { t } from '../../text/t'

/** What we know about a customer, to be put right by hand. */
export default function EditCustomer({
  page,
  onClose,
  onSaved,
}: {
  page: CustomerPage
  onClose: () => void
  onSaved: () => void
}) {
  const { customer } = page
  const [form, setForm] = useState({ name: customer.name, language: customer.language, zone: customer.zone })
  const [problem, setProblem] = useState<unknown>(null)
  const field = (name: keyof typeof form) => ({
    value: form[name],
    error: problem instanceof Problem ? problem.field(name) : undefined,
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [name]: event.target.value }),
  })
  const save = () => api.patch(`/customers/${customer.id}`, form).then(onSaved, setProblem)
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('customer.editTitle', { name: customer.name || customer.address })}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button tone="primary" onClick={() => void save()}>
            {t('action.save')}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4 pb-2"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <TextField label={t('customer.name')} {...field('name')} maxLength={200} />
        <TextField label={t('customer.language')} {...field('language')} maxLength={35} placeholder="en" />
        <TextField label={t('customer.zone')} {...field('zone')} list="zones" placeholder="Europe/Lisbon" />
        <datalist id="zones">
          {Intl.supportedValuesOf('timeZone').map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        {problem !== null && !(problem instanceof Problem && problem.errors.length) && (
          <p className="text-dense text-broken">{sentence(problem)}</p>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
