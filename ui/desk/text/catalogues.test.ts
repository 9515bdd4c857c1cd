import { expect, test } from 'vitest'
import ar from './ar.json'
import de from './de.json'
import en from './en.json'
import es from './es.json'
import type { Catalogue } from './t'

const english: Catalogue = en
const others: [string, Catalogue][] = [
  ['de', de],
  ['es', es],
  ['ar', ar],
]

const texts = (entry: Catalogue[string]) => (typeof entry === 'string' ? [entry] : Object.values(entry))
const holes = (entry: Catalogue[string]) =>
  new Set(texts(entry).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1])))

test.each(others)('%s says nothing that English does not', (_, catalogue) => {
  expect(Object.keys(catalogue).filter((key) => !(key in english))).toEqual([])
})

test.each(others)('%s says all that English says', (_, catalogue) => {
  expect(Object.keys(english).filter((key) => !(key in catalogue))).toEqual([])
})

test.each(others)('%s leaves no value out and invents none', (_, catalogue) => {
  for (const [key, entry] of Object.entries(catalogue)) {
    const wanted = holes(english[key]!)
    wanted.delete('count')
    wanted.delete('name')
    const given = holes(entry)
    for (const hole of wanted) expect(given, key).toContain(hole)
    for (const hole of given) expect(holes(english[key]!), key).toContain(hole)
  }
})

test.each(others)('%s counts where English counts', (_, catalogue) => {
  const counted = (of: Catalogue) => Object.keys(of).filter((key) => typeof of[key] !== 'string')
  expect(counted(catalogue)).toEqual(counted(english))
})

test.each(others)('%s has a form for every kind of number it knows, or one for the rest', (tag, catalogue) => {
  const kinds = new Set<string>(new Intl.PluralRules(tag).resolvedOptions().pluralCategories)
  for (const [key, entry] of Object.entries(catalogue)) {
    if (typeof entry !== 'string') for (const form of Object.keys(entry)) expect(kinds, key).toContain(form)
  }
})

test('every counted entry has a form for the rest', () => {
  for (const [key, entry] of [english, ...others.map(([, catalogue]) => catalogue)].flatMap((catalogue) =>
    Object.entries(catalogue),
  )) {
    if (typeof entry !== 'string') expect(entry.other, key).toBeTruthy()
  }
})
