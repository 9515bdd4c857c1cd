import { expect, test } from '../desk'

test.describe('signing in', () => {
  test.beforeEach(({ context }) => context.clearCookies())

  test('a wrong password is refused in a sentence, and the right one opens the desk', async ({ page, desk }) => {
    await page.goto('/')
    await page.getByLabel('E-mail').fill(desk.email)
    await page.getByLabel('Password', { exact: true }).fill('not this one')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page.getByRole('alert').filter({ hasText: /\w/ }).first()).toBeVisible()
    await page.getByLabel('Password', { exact: true }).fill(desk.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible()
    await expect(page).toHaveURL(/\/inbox\//)
  })

  test('nothing is told to who is not signed in', async ({ page, desk }) => {
    for (const path of ['/boot', '/conversations', '/counts', '/stream', '/outbox', '/messages/1/raw', '/attachments/1', '/intake']) {
      const answer = await page.request.get(`${desk.url}/api/v1${path}`)
      expect(answer.status(), path).toBe(401)
    }
    await page.goto('/inbox/team/1')
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
  })
})

test('a demo desk opens with one click', async ({ browser, desk }) => {
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage()
  await page.goto(desk.url)
  await page.getByRole('button', { name: /^Look around as / }).click()
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible()
  await page.context().close()
})

test('signing out ends it', async ({ browser, desk }) => {
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage()
  await page.goto(desk.url)
  await page.getByLabel('E-mail').fill(desk.email)
  await page.getByLabel('Password', { exact: true }).fill(desk.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Views' }).getByTitle('Your account').click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
  expect((await page.request.get(`${desk.url}/api/v1/me`)).status()).toBe(401)
  await page.context().close()
})
