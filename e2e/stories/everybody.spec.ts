// Whoever sits at the desk, however they see and move: axe finds nothing on any screen, in light and dark, from left
// and from right; and everything fits on a phone.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'
import { expect, openInbox, row, test } from '../desk'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

type Found = { id: string; nodes: { target: unknown[]; failureSummary: string }[] }

/** What axe has to say about the page as it is now: one line for each rule that is broken, with the first place. */
async function complaints(page: Page, screen: string): Promise<string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate(async (tags) => {
    const run = (window as unknown as { axe: { run: (what: unknown, how: unknown) => Promise<{ violations: Found[] }> } }).axe.run
    const how = {
      runOnly: { type: 'tag', values: tags },
      rules: { 'label-content-name-mismatch': { enabled: false } }, // experimental: it takes hints that are hidden from readers for words
      resultTypes: ['violations'],
    }
    return (await run(document, how)).violations
  }, rules)
  return found.map(({ id, nodes }) => {
    const why = nodes[0]?.failureSummary.split('\n')[1]?.trim()
    return `${screen}: ${id}, ${nodes.length} times, first at ${nodes[0]?.target.join(' ')}: ${why}`
  })
}

const settle = (page: Page) => expect(page.locator('.skeleton, [aria-busy="true"]')).toHaveCount(0)

/** Every screen: how to get there, and what shows that it is there. */
const screens: [name: string, path: string, open?: (page: Page) => Promise<void>][] = [
  ['the inbox', '/inbox/team'],
  ['an empty list', '/inbox/desk-999999'],
  ['customers', '/customers'],
  ['mail health', '/health'],
  ['quarantine', '/quarantine'],
  ['outbox', '/outbox'],
  ...['me', 'access', 'desks', 'mailboxes', 'hours', 'people'].map((part): [string, string] => [`settings, ${part}`, `/settings/${part}`]),
  ['a conversation', '/inbox/team', openFirst],
  ['writing a reply', '/inbox/team', (page) => openFirst(page).then(() => page.keyboard.press('r'))],
  ['writing a note', '/inbox/team', (page) => openFirst(page).then(() => page.keyboard.press('m'))],
  ['snoozing', '/inbox/team', (page) => openFirst(page).then(() => dialog(page, 'h'))],
  ['assigning', '/inbox/team', (page) => openFirst(page).then(() => dialog(page, 'a'))],
  ['the palette', '/inbox/team', (page) => dialog(page, 'Control+k')],
  ['the keys', '/inbox/team', (page) => dialog(page, '?')],
  ['writing to a customer', '/inbox/team', (page) => dialog(page, 'c')],
]

async function openFirst(page: Page): Promise<void> {
  await page.getByRole('option').first().click()
  await expect(page.getByRole('article').first()).toBeVisible()
}

async function dialog(page: Page, keys: string): Promise<void> {
  await page.keyboard.press(keys)
  await expect(page.getByRole('dialog')).toBeVisible()
}

for (const theme of ['light', 'dark']) {
  for (const direction of ['ltr', 'rtl']) {
    test(`axe finds nothing, ${theme}, ${direction}`, async ({ page, context }) => {
      test.setTimeout(300_000)
      await context.addInitScript((own) => localStorage.setItem('kept.preferences', own), JSON.stringify({ theme, direction }))
      const all: string[] = []
      for (const [name, path, open] of screens) {
        await page.goto(path)
        await expect(page.locator('main, [role=main]').first()).toBeVisible()
        if (path.startsWith('/inbox/team')) await expect(page.getByRole('option').first()).toBeVisible()
        await settle(page)
        await open?.(page)
        all.push(...(await complaints(page, name)))
      }
      expect(await page.locator('html').getAttribute('dir')).toBe(direction)
      expect(all).toEqual([])
    })
  }
}

test('axe finds nothing where one signs in', async ({ page, context }) => {
  await context.clearCookies()
  await page.goto('/')
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible()
  expect(await complaints(page, 'sign-in')).toEqual([])
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })

  test('nothing sticks out, and the main loop works by touch', async ({ page, customer }) => {
    const fits = async (what: string) => {
      const [inner, whole] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth])
      expect(whole, what).toBeLessThanOrEqual(inner ?? 0)
    }
    const ida = customer('Ida Phone')
    await openInbox(page)
    await fits('the list')
    await ida.write('From the train', 'Do you repair on Saturdays?')
    await row(page, 'From the train').tap()
    await expect(page.getByText('Do you repair on Saturdays?').last()).toBeVisible()
    await fits('the conversation')
    await page.getByRole('button', { name: /^Write to Ida/ }).tap()
    await page.getByRole('textbox', { name: /^Reply to/ }).fill('Yes, until noon.')
    await fits('the composer')
    await page.getByRole('button', { name: /^Send to Ida/ }).tap()
    await expect(page.getByText('Sending to Ida')).toBeVisible()
    await page.getByRole('button', { name: 'Back to the list' }).tap()
    await expect(row(page, 'From the train')).toBeVisible()
    for (const path of ['/customers', '/health', '/quarantine', '/outbox', '/settings', '/settings/desks', '/settings/mailboxes', '/settings/people']) {
      await page.goto(path)
      await settle(page)
      await fits(path)
    }
  })

  test('axe finds nothing', async ({ page }) => {
    await openInbox(page)
    const all = await complaints(page, 'the list')
    await openFirst(page)
    all.push(...(await complaints(page, 'the conversation')))
    expect(all).toEqual([])
  })
})
