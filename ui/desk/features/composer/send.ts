// Sending with ten seconds to think again, notes, and taking back.
import { api, type Obstacle, Problem, sentence } from '../../api/client'
import type { Address, Message, Thread } from '../../api/types'
import { loadThread } from '../../store/load'
import { dismiss, toast, trouble } from '../../store/toasts'
import { threads } from '../../store/world'
import { t } from '../../text/t'
import { clearDraft, restoreDraft } from './drafts'
import { startWriting } from './modes'
import { outward } from './pictures'
import { blank, type Draft, written } from './rules'
import { seenMark, settle } from './seen'

export const undoSeconds = 10

const plain = (list: Address[]) => list.map(written)

function show(message: Message): void {
  threads.patch(message.conversation_id, (thread: Thread) => ({
    ...thread,
    messages: [...thread.messages.filter((other) => other.id !== message.id), message],
  }))
}

const sentDrafts = new Map<number, Draft>()

/** The toast that counts down for a message, so that it goes when the message is taken back from elsewhere. */
const leaving = new Map<number, number>()

/** Sends a reply. Gives what stands in the way (somebody wrote meanwhile), or nothing where it is on its way. */
export async function sendReply(
  id: number,
  draft: Draft,
  options: { name: string; close?: boolean },
): Promise<Obstacle[]> {
  const { html, files } = outward(draft.html)
  const body = {
    text: draft.text,
    ...(html ? { html } : {}),
    ...(draft.to.length ? { to: plain(draft.to) } : {}),
    cc: plain(draft.cc),
    bcc: plain(draft.bcc),
    attachment_ids: [...files, ...draft.files.map((file) => file.id)],
    undo_seconds: undoSeconds,
    seen_message_id: seenMark(id),
    close: options.close ?? false,
  }
  try {
    const message = await api.post(`/conversations/${id}/messages`, body)
    sentDrafts.set(message.id, draft)
    settle(id)
    clearDraft(id, 'reply', { cc: draft.cc })
    show(message)
    const shown = toast(t('composer.sending', { name: options.name }), {
      span: undoSeconds * 1000,
      action: { label: t('action.undo'), run: () => void takeBack(message) },
    })
    leaving.set(message.id, shown)
    return []
  } catch (error) {
    if (error instanceof Problem && error.status === 409) {
      await loadThread(id).catch(() => {})
      settle(id) // told now: what stands in the thread is known
      return error.obstacles.length ? error.obstacles : [{ kind: 'unseen', sentence: error.message }]
    }
    trouble(t('composer.failed', { error: sentence(error) }))
    throw error
  }
}

/** Takes a reply back before it leaves; its text returns to the composer. */
export async function takeBack(message: Message): Promise<void> {
  try {
    await api.delete(`/messages/${message.id}/sending`)
  } catch (error) {
    trouble(error instanceof Problem && error.status === 409 ? t('composer.tooLate') : sentence(error))
    return
  }
  const draft = sentDrafts.get(message.id) ?? {
    ...blank,
    text: message.text,
    html: message.html,
    cc: message.cc,
    bcc: message.bcc,
    files: message.attachments.filter((file) => !file.inline),
  }
  restoreDraft(message.conversation_id, 'reply', draft)
  threads.patch(message.conversation_id, (thread) => ({
    ...thread,
    messages: thread.messages.filter((other) => other.id !== message.id),
  }))
  startWriting(message.conversation_id, 'reply')
  dismiss(leaving.get(message.id) ?? 0)
  toast(t('composer.unsent'))
}

export async function addNote(id: number, draft: Draft): Promise<void> {
  try {
    const note = await api.post(`/conversations/${id}/notes`, {
      text: draft.text,
      ...(draft.html ? { html: draft.html } : {}),
    })
    clearDraft(id, 'note')
    show(note)
    toast(t('composer.noteAdded'))
  } catch (error) {
    trouble(t('composer.failed', { error: sentence(error) }))
    throw error
  }
}
