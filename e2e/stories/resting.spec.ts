import { expect, openMailOf, reply, row, sendButton, test, thread } from '../desk'

test('a snooze is a promise with a reason: never later than the answer we owe, and it can be ended', async ({ page, customer }) => {
  const bo = customer('Bo Lindgren')
  await openMailOf(page, bo, 'Parcel under way', 'Where is my parcel?')
  const snooze = async () => {
    await page.keyboard.press('h')
    const dialog = page.getByRole('dialog', { name: 'When do you come back to this?' })
    await dialog.getByRole('button', { name: /^Snooze until/ }).click()
    await expect(dialog.getByText('Say what you will do then')).toBeVisible()
    await dialog.getByLabel('What will you do then?').fill('Ask the carrier')
    await dialog.getByRole('radio', { name: /In a week/ }).check()
    await dialog.getByRole('button', { name: /^Snooze until/ }).click()
  }
  await snooze()
  await expect(page.getByRole('alert').getByText('The customer waits for an answer that is due before that.')).toBeVisible()

  await reply(page, 'It left today; I will ask again if it is late.')
  await sendButton(page).click()
  await expect(row(page, 'Parcel under way')).toContainText('Waiting on customer', { timeout: 30_000 }) // it leaves after ten seconds
  await snooze()
  await expect(page.getByText(/Snoozed until .+: Ask the carrier/).first()).toBeVisible()
  await page.goto('/inbox/snoozed')
  await row(page, 'Parcel under way').click()
  await page.keyboard.press('h')
  await expect(page.getByText('Awake again.')).toBeVisible()
  await expect(thread(page, bo.name).getByText('Back from snooze')).toBeVisible()
})

test('closing tells what is in the way, and takes a reason', async ({ page, customer, api }) => {
  const rosa = customer('Rosa Marin')
  await openMailOf(page, rosa, 'Thank you all', 'The pen writes beautifully. Thank you!')
  await page.keyboard.press('e')
  const dialog = page.getByRole('dialog', { name: 'Before it can be closed' })
  await expect(dialog.getByRole('listitem').first()).toBeVisible()
  const close = dialog.getByRole('button').filter({ hasText: /^Close$/ })
  await expect(close).toBeDisabled()
  await dialog.getByRole('radio', { name: 'They only said thank you' }).check()
  await close.click()
  await expect(page.getByText('Closed.', { exact: true })).toBeVisible()
  const { items } = await api<{ items: { subject: string; state: string }[] }>('GET', '/conversations?view=closed&limit=20')
  expect(items.find((one) => one.subject === 'Thank you all')?.state).toBe('closed')

  await page.goto('/inbox/team')
  await expect(row(page, 'Thank you all')).toHaveCount(0)
  await rosa.write('Re: Thank you all', 'One more thing: which ink do you recommend?')
  await expect(page.getByRole('option').filter({ hasText: rosa.name }).first()).toBeVisible()
})

test('who takes it is said, and shown to everybody', async ({ page, customer }) => {
  const sol = customer('Sol Adeyemi')
  await openMailOf(page, sol, 'Who answers me', 'Hello?')
  await page.keyboard.press('a')
  const dialog = page.getByRole('dialog', { name: 'Who takes it?' })
  await expect(dialog).toBeVisible()
  await page.keyboard.type('Mei')
  await page.keyboard.press('Enter')
  await expect(thread(page, sol.name).getByText(/gave this to Mei/)).toBeVisible()
})
