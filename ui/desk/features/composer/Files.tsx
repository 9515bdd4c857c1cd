import { IconButton } from '@kit'
import { LoaderCircle, Paperclip, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { api, sentence } from '../../api/client'
import { trouble } from '../../store/toasts'
import { t } from '../../text/t'
import { bytes } from '../../text/time'
import { pictureFrom } from './pictures'
import { fileLimit, type UploadedFile } from './rules'

/** Uploads files one after the other and hands each on as it arrives; a picture goes to where it is to be shown. */
export function useUploads(add: (file: UploadedFile) => void) {
  const [waiting, setWaiting] = useState<string[]>([])
  const send = async (file: File, inline: boolean) => {
    if (file.size > fileLimit) {
      trouble(t('composer.tooLarge', { name: file.name, limit: bytes(fileLimit) }))
      return null
    }
    setWaiting((list) => [...list, file.name])
    const form = new FormData()
    form.append('file', file, file.name)
    try {
      return await api.post('/attachments', form, { inline })
    } catch (error) {
      trouble(t('composer.uploadFailed', { name: file.name, error: sentence(error) }))
      return null
    } finally {
      setWaiting((list) => list.toSpliced(list.indexOf(file.name), 1))
    }
  }
  const upload = async (files: Iterable<File>) => {
    for (const file of files) {
      const up = await send(file, false)
      if (up) add(up)
    }
  }
  const picture = async (file: File) => {
    const up = await send(file, true)
    return up && pictureFrom(up)
  }
  return { waiting, upload, picture }
}

export function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      <IconButton icon={Paperclip} label={t('composer.attach')} onClick={() => input.current?.click()} />
    </>
  )
}

/** The files that go along, and those on their way up. */
export function Files({
  files,
  waiting,
  onRemove,
}: {
  files: UploadedFile[]
  waiting: string[]
  onRemove: (file: UploadedFile) => void
}) {
  if (!files.length && !waiting.length) return null
  return (
    <ul className="flex flex-wrap gap-1.5 px-3 pb-2">
      {files.map((file) => (
        <li
          key={file.id}
          className="inline-flex max-w-64 items-center gap-1.5 rounded-md border border-line bg-bg py-0.5 ps-2 pe-0.5 text-meta"
        >
          <Paperclip size={13} aria-hidden className="shrink-0 text-ink-2" />
          <bdi className="truncate">{file.name}</bdi>
          <span className="shrink-0 text-ink-2">{bytes(file.size)}</span>
          <button
            type="button"
            aria-label={t('composer.removeFile', { name: file.name })}
            onClick={() => onRemove(file)}
            className="grid size-6 shrink-0 place-items-center rounded-sm hover:bg-sunken"
          >
            <X size={13} aria-hidden />
          </button>
        </li>
      ))}
      {waiting.map((name) => (
        <li
          key={name}
          aria-busy
          className="inline-flex max-w-64 items-center gap-1.5 rounded-md border border-dashed border-line-strong px-2 py-1 text-meta text-ink-2"
        >
          <LoaderCircle size={13} aria-hidden className="animate-spin" />
          <bdi className="truncate">{name}</bdi>
        </li>
      ))}
    </ul>
  )
}
