// One demo desk for all stories: the real program on a folder of its own, started once and stopped at the end.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type BrowserContext, type Locator, type Page, test as base, expect } from '@playwright/test'
import { type Mail, write } from './smtp'

export { expect }

export type Desk = { url: string; smtp: string; address: string; email: string; password: string; token: string }

export type Api = <T>(method: string, path: string, body?: unknown) => Promise<T>

type World = {
  /** Sends a mail from a customer to the desk, with a name and an address that no other story uses. */
  customer: (name: string) => Customer
  api: Api
}

type Signed = { cookies: Awaited<ReturnType<BrowserContext['cookies']>> }

export const test = base.extend<World, { desk: Desk; signed: Signed }>({
  desk: [
    async ({}, use) => {
      const data = mkdtempSync(join(tmpdir(), 'kept-e2e-'))
      const program = resolve(process.env.KEPT_BIN ?? '../bin/kept')
      const kept = spawn(program, ['demo', '--json', '--listen', '127.0.0.1:0', '--smtp', '127.0.0.1:0', '--data', data], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, KEPT_LOG_LEVEL: 'error' },
      })
      const ended = new Promise<never>((_, reject) => {
        kept.once('error', reject)
        kept.once('exit', (code) => reject(new Error(`the program ended with ${code}`)))
      })
      ended.catch(() => {}) // once it is up, its end is what we ask for
      const line = new Promise<string>((ready) => createInterface({ input: kept.stdout }).once('line', ready))
      await use(JSON.parse(await Promise.race([line, ended])) as Desk)
      kept.kill('SIGTERM')
      await ended.catch(() => {})
      rmSync(data, { recursive: true, force: true })
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  signed: [
    async ({ desk, browser }, use) => {
      const context = await browser.newContext()
      const answer = await context.request.post(`${desk.url}/api/v1/sessions`, { data: { email: desk.email, password: desk.password } })
      expect(answer.status(), await answer.text()).toBeLessThan(300)
      await use({ cookies: await context.cookies() })
      await context.close()
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ desk }, use) => use(desk.url),

  context: async ({ context, signed }, use) => {
    await context.addCookies(signed.cookies)
    await use(context)
  },

  api: async ({ desk }, use) => {
    await use(async (method, path, body) => {
      const answer = await fetch(`${desk.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${desk.token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return text ? JSON.parse(text) : undefined
    })
  },

  customer: async ({ desk }, use) => {
    await use((name) => new Customer(desk, name))
  },
})

let customers = 0

export class Customer {
  readonly address: string
  constructor(
    private readonly desk: Desk,
    readonly name: string,
  ) {
    customers += 1
    this.address = `${name.split(' ')[0]?.toLowerCase()}.${process.pid}.${customers}@customers.example`
  }

  /** Writes to the desk; gives the Message-ID once the desk has taken the mail. */
  write(subject: string, text: string, more: Partial<Mail> = {}): Promise<string> {
    return write(this.desk.smtp, { from: this.address, name: this.name, to: this.desk.address, subject, text, ...more })
  }
}

/** The row of a conversation in the list. */
export const row = (page: Page, subject: string): Locator => page.getByRole('option').filter({ hasText: subject })

/** The conversation that is open. */
export const thread = (page: Page, name: string): Locator => page.getByRole('region', { name: `Conversation with ${name}` })

/** Opens the list of everything open, and waits until news are heard live. */
export async function openInbox(page: Page, view = 'team'): Promise<void> {
  await page.goto(`/inbox/${view}`)
  await expect(page.getByRole('listbox', { name: 'Conversations' })).toBeVisible()
  await expect(page.getByText('Reconnecting')).toBeHidden()
}

/** A customer writes, and somebody opens what they wrote. */
export async function openMailOf(page: Page, customer: Customer, subject: string, text: string): Promise<void> {
  await openInbox(page)
  await customer.write(subject, text)
  await row(page, subject).click()
  await expect(thread(page, customer.name).getByText(text)).toBeVisible()
}

/** The field in which a reply is written; opened first where it is not. */
export async function reply(page: Page, text: string): Promise<Locator> {
  await page.keyboard.press('r')
  const field = page.getByRole('textbox', { name: /^Reply to/ })
  await expect(field).toBeFocused()
  await field.pressSequentially(text)
  return field
}

export const sendButton = (page: Page): Locator => page.getByRole('button', { name: /^Send to / })
