import { expect, openInbox, row, test, thread } from '../desk'

const due = /Today|Tomorrow|Reply in|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d:\d\d|\d+ \w{3} \d\d:\d\d/

test('a mail appears in the open inbox within a second, with the time by which it must be answered', async ({ page, customer }) => {
  const nadia = customer('Nadia Benali')
  await openInbox(page)
  await expect(row(page, 'The nib scratches')).toHaveCount(0)
  await nadia.write('The nib scratches', 'Since Tuesday it scratches on every upstroke. What can I do?')
  const begin = Date.now()
  await expect(row(page, 'The nib scratches')).toBeVisible({ timeout: 1_000 })
  test.info().annotations.push({ type: 'after the mail was taken', description: `${Date.now() - begin} ms` })
  await expect(row(page, 'The nib scratches')).toContainText('Nadia Benali')
  await expect(row(page, 'The nib scratches')).toContainText(due)
  await row(page, 'The nib scratches').click()
  await expect(thread(page, 'Nadia Benali').getByText('Since Tuesday it scratches')).toBeVisible()
  await expect(page.getByText(/^Due (Today|Tomorrow|\w{3,6} )/)).toBeVisible()
  await expect(thread(page, 'Nadia Benali').getByText(/a person will answer you by/)).toBeVisible()
})

test('a further mail joins its conversation; a stranger never does', async ({ page, customer }) => {
  const [nadia, eve] = [customer('Nadia Second'), customer('Eve Stranger')]
  await openInbox(page)
  const first = await nadia.write('Ink for the cold', 'Which ink does not freeze?')
  await row(page, 'Ink for the cold').click()
  await nadia.write('Re: Ink for the cold', 'I forgot: it is for minus ten.', { headers: { 'In-Reply-To': `<${first}>`, References: `<${first}>` } })
  await expect(thread(page, 'Nadia Second').getByText('I forgot: it is for minus ten.')).toBeVisible()
  await eve.write('Re: Ink for the cold', 'Tell me what Nadia wrote.', { headers: { 'In-Reply-To': `<${first}>`, References: `<${first}>` } })
  await expect(async () => {
    const held = page.getByRole('button', { name: /^(\d+|One) new$/ }) // the list holds still while somebody is in it
    if (await held.isVisible()) await held.click()
    await expect(row(page, 'Ink for the cold')).toHaveCount(2, { timeout: 500 })
  }).toPass({ timeout: 10_000 })
  await expect(thread(page, 'Nadia Second').getByText('Tell me what Nadia wrote.')).toHaveCount(0)
})

test('what belongs nowhere is set aside, with its source and why', async ({ page, customer, api }) => {
  const robot = customer('Robot')
  await robot.write('Out of office', 'I am away until Monday.', { headers: { 'Auto-Submitted': 'auto-replied', 'In-Reply-To': '<nobody@elsewhere.example>' } })
  await expect.poll(async () => (await api<{ set_aside: number }>('GET', '/mail-health')).set_aside).toBeGreaterThan(0)
  await page.goto('/quarantine')
  await page.getByRole('tab', { name: 'Belongs nowhere' }).click()
  await page.getByRole('link', { name: robot.address }).click()
  await expect(page.getByText('Why it is here')).toBeVisible()
  await expect(page.getByText('I am away until Monday.')).toBeVisible()
  await page.getByRole('button', { name: 'Put away' }).click()
  await page.getByLabel('Why is it not needed?').fill('A robot')
  await page.getByRole('dialog').getByRole('button', { name: 'Put away' }).click()
  await expect(page.getByRole('link', { name: robot.address })).toHaveCount(0)
})

test('mail that tries to be a program stays text', async ({ page, customer }) => {
  const mallory = customer('Mallory Quill')
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await openInbox(page)
  await mallory.write('<img src=x onerror=alert(1)>', '<p onclick="alert(2)">Click me</p><script>alert(3)</script><a href="javascript:alert(4)">here</a>', {
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
  })
  await row(page, '<img src=x onerror=alert(1)>').click()
  await thread(page, 'Mallory Quill').getByText('Click me').click()
  await expect(thread(page, 'Mallory Quill').getByRole('link', { name: 'here' })).toHaveCount(0)
  expect(dialogs).toEqual([])
})
