import { TextField } from '@kit'
import { Select } from '@kit/Select'
import type { ComponentProps } from 'react'
import { t } from '../../text/t'

type Security = 'tls' | 'starttls' | 'none'
const kinds: Security[] = ['tls', 'starttls', 'none']

type Props = {
  values: { security: Security; port: string }
  field: (name: 'host' | 'port') => ComponentProps<typeof TextField> extends infer P ? Omit<P & object, 'label'> : never
  onSecurity: (security: Security, port: string) => void
  ports: Record<Security, string>
}

/** A mail server: choosing its security brings the usual port along, unless another was written. */
export function Server({ values, field, onSecurity, ports }: Props) {
  const usual = Object.values(ports).includes(values.port)
  return (
    <>
      <div className="grid grid-cols-[minmax(0,1fr)_96px] gap-3">
        <TextField label={t('mail.host')} dir="ltr" placeholder="mail.example.com" required {...field('host')} />
        <TextField label={t('mail.port')} type="number" min={1} max={65535} required {...field('port')} />
      </div>
      <Select
        label={t('mail.security')}
        value={values.security}
        onChange={(security) => onSecurity(security, usual ? ports[security] : values.port)}
        options={kinds.map((value) => ({ value, label: t(`mail.security.${value}`) }))}
      />
    </>
  )
}
