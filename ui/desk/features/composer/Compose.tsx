import { Button, Dialog, TextField } from '@kit'
import { Select } from '@kit/Select'
import { Send } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { api, Problem, sentence } from '../../api/client'
import type { Address } from '../../api/types'
import { answered } from '../../app/dialogs'
import { useCell } from '../../store/cell'
import { toast } from '../../store/toasts'
import { hear } from '../../store/truth'
import { desks } from '../../store/world'
import { t } from '../../text/t'
import { AttachButton, Files, useUploads } from './Files'
import { outward } from './pictures'
import { Recipients } from './Recipients'
import { hasWords, shortName, type UploadedFile, written } from './rules'
import { takeBack, undoSeconds } from './send'

const Editor = lazy(() => import('./editor/Editor'))

type Letter = {
  desk: string
  to: Address[]
  cc: Address[]
  subject: string
  text: string
  html: string
  files: UploadedFile[]
}

const plain = (list: Address[]) => list.map(written)

/** Writing first: from which desk, to whom, about what. */
export default function Compose({ to = [] }: { to?: Address | Address[] | undefined }) {
  const known = useCell(desks).filter((desk) => !desk.archived)
  const [letter, setLetter] = useState<Letter>({
    desk: String(known[0]?.id ?? ''),
    to: [to].flat(),
    cc: [],
    subject: '',
    text: '',
    html: '',
    files: [],
  })
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const edit = (change: Partial<Letter>) => setLetter((old) => ({ ...old, ...change }))
  const uploads = useUploads((file) => setLetter((old) => ({ ...old, files: [...old.files, file] })))
  const wrong = {
    to: tried && !letter.to.length ? t('compose.needTo') : undefined,
    subject: tried && !letter.subject.trim() ? t('compose.needSubject') : undefined,
    text: tried && !hasWords({ ...letter, bcc: [] }) ? t('composer.empty') : undefined,
  }

  const send = async () => {
    setTried(true)
    if (
      !letter.to.length ||
      !letter.subject.trim() ||
      !hasWords({ ...letter, bcc: [] }) ||
      uploads.waiting.length ||
      busy
    )
      return
    setBusy(true)
    const { html, files } = outward(letter.html)
    try {
      const started = await api.post('/conversations', {
        desk_id: Number(letter.desk),
        to: plain(letter.to),
        cc: plain(letter.cc),
        subject: letter.subject.trim(),
        text: letter.text,
        ...(html ? { html } : {}),
        attachment_ids: [...files, ...letter.files.map((file) => file.id)],
        undo_seconds: undoSeconds,
      })
      hear(started.conversation)
      answered()
      const first = letter.to[0]
      toast(t('compose.started', { name: first ? shortName(first.name, first.address) : '' }), {
        span: undoSeconds * 1000,
        action: { label: t('action.undo'), run: () => void takeBack(started.message) },
      })
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  return (
    <Dialog
      open
      wide
      onClose={answered}
      title={t('compose.title')}
      closeLabel={t('action.close')}
      footer={
        <>
          <span className="min-w-0 flex-1 text-meta text-broken">
            {wrong.text ?? (problem ? sentence(problem) : '')}
          </span>
          <Button onClick={answered}>{t('action.cancel')}</Button>
          <Button tone="primary" icon={Send} keys="mod+enter" busy={busy} onClick={() => void send()}>
            {t('compose.send')}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the fields inside pass through here */}
      <div
        className="flex flex-col gap-3 pb-2"
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send()
        }}
      >
        {known.length > 1 && (
          <Select
            label={t('compose.desk')}
            value={letter.desk}
            onChange={(desk) => edit({ desk })}
            options={known.map((desk) => ({ value: String(desk.id), label: desk.name, detail: desk.address }))}
          />
        )}
        <Recipients
          framed
          label={t('composer.to')}
          value={letter.to}
          onChange={(next) => edit({ to: next })}
          error={wrong.to ?? (problem instanceof Problem ? problem.field('to') : undefined)}
          autoFocus={!letter.to.length}
        />
        <Recipients framed label={t('composer.cc')} value={letter.cc} onChange={(cc) => edit({ cc })} />
        <TextField
          label={t('compose.subject')}
          value={letter.subject}
          error={wrong.subject}
          maxLength={500}
          onChange={(event) => edit({ subject: event.target.value })}
        />
        <div className="flex min-h-48 flex-col rounded-md border border-line-strong focus-within:border-accent">
          <Suspense fallback={<div className="min-h-48" />}>
            <Editor
              text={letter.text}
              html={letter.html}
              label={t('compose.message')}
              placeholder={t('compose.message')}
              focus={letter.to.length && !letter.text ? 1 : 0}
              onChange={(text, html) => edit({ text, html })}
              onFiles={(files) => void uploads.upload(files)}
              onPicture={uploads.picture}
            >
              <AttachButton onFiles={(files) => void uploads.upload(files)} />
            </Editor>
          </Suspense>
          <Files
            files={letter.files}
            waiting={uploads.waiting}
            onRemove={(file) => edit({ files: letter.files.filter((other) => other !== file) })}
          />
        </div>
      </div>
    </Dialog>
  )
}
