import type { Browser, Page } from '@playwright/test'
import { type Api, type Desk, expect, openInbox, openMailOf, reply, row, sendButton, test, thread } from '../desk'

type Sent = { items: { message_id: number; subject: string; state: string; raw_url: string }[] }

const outbox = (api: Api) => api<Sent>('GET', '/outbox?limit=100')

test('an answer leaves, and its copy can be read as the customer sees it and as the mail it is', async ({ page, customer, api }) => {
  test.setTimeout(90_000)
  const tom = customer('Tom Okonkwo')
  await openMailOf(page, tom, 'Lost cap', 'I lost the cap of my pen. Can I buy one alone?')
  await reply(page, 'Of course, Tom. A cap is 12 €, and we post it tomorrow.')
  await sendButton(page).click()
  await expect(page.getByText('Sending to Tom')).toBeVisible()
  await expect(thread(page, tom.name).getByText('A cap is 12 €')).toBeVisible()
  await expect.poll(async () => (await outbox(api)).items.find((one) => one.subject.includes('Lost cap'))?.state, { timeout: 30_000 }).toBe('sent')
  await expect(row(page, 'Lost cap')).toContainText('Waiting on customer')

  await page.goto('/outbox')
  await page.getByRole('button', { name: /Lost cap/ }).first().click()
  const raw = page.locator('pre')
  await expect(raw).toContainText(/^From: .+@/m)
  await expect(raw).toContainText(`To: `)
  await expect(raw).toContainText(tom.address)
  await expect(raw).toContainText(/^Message-ID: <kept\..+>/im)
  await expect(raw).toContainText(/^In-Reply-To: <story\./im)
  await expect(raw).toContainText(/^References: <story\./im)
  await expect(raw).toContainText(/^MIME-Version: 1.0/im)
})

test('a note is never sent', async ({ page, customer, api }) => {
  const lena = customer('Lena Fuchs')
  await openMailOf(page, lena, 'Engraving on brass', 'Do you engrave brass?')
  const before = (await outbox(api)).items.filter((one) => one.subject.includes('Engraving on brass')).length
  await page.keyboard.press('m')
  const field = page.getByRole('textbox', { name: 'Note to colleagues' })
  await expect(field).toBeFocused()
  await expect(page.getByText('Only your colleagues see this. It is never sent.')).toBeVisible()
  await expect(sendButton(page)).toHaveCount(0)
  await field.fill('She bought the brass one in spring. Ask the bench.')
  await page.getByRole('button', { name: 'Add note' }).click()
  const note = thread(page, lena.name).getByRole('article').filter({ hasText: 'Ask the bench.' })
  await expect(note).toContainText('Note, only for colleagues')
  const { items } = await outbox(api)
  expect(items.filter((one) => one.subject.includes('Engraving on brass'))).toHaveLength(before)
  for (const item of items.slice(0, 20)) {
    const text = await api<string>('GET', item.raw_url.replace('/api/v1', '')).catch((error) => String(error))
    expect(text).not.toContain('Ask the bench.')
  }
})

test('words meant for colleagues do not become a reply by one slip', async ({ page, customer }) => {
  await openMailOf(page, customer('Petra Slip'), 'A slip', 'Hello?')
  await page.keyboard.press('m')
  await page.getByRole('textbox', { name: 'Note to colleagues' }).fill('Between us: he is difficult.')
  await page.getByRole('radio', { name: 'Reply' }).click()
  await expect(page.getByRole('textbox', { name: /^Reply to/ })).not.toContainText('Between us')
  await page.getByRole('radio', { name: 'Note' }).click()
  await expect(page.getByRole('textbox', { name: 'Note to colleagues' })).toHaveValue('Between us: he is difficult.')
})

test('an answer can be taken back for ten seconds, and its text returns', async ({ page, customer, api }) => {
  const omar = customer('Omar Reyes')
  await openMailOf(page, omar, 'Wrong colour', 'I ordered green and got blue.')
  await reply(page, 'We are sorry. The green one leaves today.')
  await sendButton(page).click()
  await expect(page.getByText('Sending to Omar')).toBeVisible()
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('Taken back.')).toBeVisible()
  await expect(page.getByRole('textbox', { name: /^Reply to/ })).toContainText('The green one leaves today.')
  await expect(thread(page, omar.name).getByRole('article').filter({ hasText: 'The green one leaves today.' })).toHaveCount(0)
  const { items } = await api<{ items: { id: number; subject: string }[] }>('GET', '/conversations?limit=5')
  const id = items.find((one) => one.subject === 'Wrong colour')?.id
  const { messages } = await api<{ messages: { text: string; state: string }[] }>('GET', `/conversations/${id}`)
  expect(messages.filter((one) => one.text.includes('The green one')).map((one) => one.state)).toEqual(['undone'])
})

test('a draft survives a reload', async ({ page, customer }) => {
  const ines = customer('Ines Duarte')
  await openMailOf(page, ines, 'A long question', 'It is about many things.')
  await reply(page, 'Dear Ines, one after the other:')
  await expect(page.getByText('Draft saved')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('textbox', { name: /^Reply to/ })).toContainText('one after the other:')
})

/** Somebody new follows an invitation and sits down at the desks of some teams. */
async function invite(browser: Browser, desk: Desk, api: Api, name: string, teams: number[]): Promise<Page> {
  const address = `${name.split(' ')[0]?.toLowerCase()}.${Date.now()}@example.org`
  const { link } = await api<{ link: string }>('POST', '/invites', { email: address, name, role: 'agent', team_ids: teams })
  const context = await browser.newContext({ baseURL: desk.url, locale: 'en-GB', viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  await page.goto(new URL(link, desk.url).pathname)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill('two people at one desk')
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible()
  return page
}

test('who is on no team sees nothing of its desks', async ({ page, browser, customer, desk, api }) => {
  await openMailOf(page, customer('Vera Private'), 'Between us', 'Please keep this to yourselves.')
  await expect(page).toHaveURL(/\/team\/\d+/)
  const guest = await invite(browser, desk, api, 'Noor Guest', [])
  await guest.goto(new URL(page.url()).pathname)
  await expect(guest.getByText('This conversation is not here')).toBeVisible()
  await expect(row(guest, 'Between us')).toHaveCount(0)
  const id = page.url().split('/').pop()
  for (const path of [`/conversations/${id}`, '/conversations?q=Between', '/outbox', '/promises?state=open', '/customers?q=Vera']) {
    expect(await (await guest.request.get(`${desk.url}/api/v1${path}`)).text(), path).not.toContain('Vera')
  }
  await guest.context().close()
})

test('the second of two agents is told before sending', async ({ page, browser, customer, desk, api }) => {
  const teams = (await api<{ items: { id: number }[] }>('GET', '/teams')).items.map((team) => team.id)
  const dana = await invite(browser, desk, api, 'Dana Voss', teams)
  const kim = customer('Kim Larsen')
  await openMailOf(page, kim, 'Both of you', 'When do you open on Saturday?')
  await expect(page).toHaveURL(/\/team\/\d+/)
  await dana.goto(new URL(page.url()).pathname)
  await expect(thread(dana, kim.name)).toBeVisible()
  await reply(dana, 'We open at ten.')
  await dana.context().setOffline(true) // what happens meanwhile does not reach her in time
  await reply(page, 'On Saturdays we are closed.')
  await sendButton(page).click()
  await expect(page.getByText('Sending to Kim')).toBeVisible()
  await dana.context().setOffline(false)
  await sendButton(dana).click()
  await expect(dana.getByText('Your text is safe. Read the new message above, then send.')).toBeVisible()
  await expect(thread(dana, kim.name).getByText('On Saturdays we are closed.')).toBeVisible()
  await expect(dana.getByRole('textbox', { name: /^Reply to/ })).toContainText('We open at ten.')
  await dana.context().close()
})

test('the main loop goes by keyboard alone', async ({ page, customer }) => {
  const hana = customer('Hana Keys')
  await openInbox(page)
  await hana.write('By keyboard', 'Can you hear me?')
  await expect(row(page, 'By keyboard')).toBeVisible()
  await page.keyboard.press('j')
  for (let step = 0; step < 20 && !(await row(page, 'By keyboard').getAttribute('aria-selected'))?.includes('true'); step++) {
    await page.keyboard.press('j')
  }
  await expect(thread(page, hana.name)).toBeVisible()
  await page.keyboard.press('i')
  await expect(thread(page, hana.name).getByText(/took this/)).toBeVisible()
  const field = await reply(page, 'Loud and clear.')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText('Sending to Hana')).toBeVisible()
  await expect(field).toHaveText('')
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/\/inbox\/unassigned/)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused()
  await page.keyboard.type('mail health')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/health/)
})
