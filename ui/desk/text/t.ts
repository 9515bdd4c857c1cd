// The words of the interface. One flat JSON file per language; English is complete and always at hand, and whatever
// another language does not have yet is shown in English. "{name}" is replaced; {"one": …, "other": …} is chosen by count.
import en from './en.json'

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
export type Catalogue = Record<string, string | Forms>
export type Key = keyof typeof en
export type Language = 'en' | 'de' | 'es' | 'ar'

export const languages: { value: Language; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'de', label: 'Deutsch' },
  { value: 'es', label: 'Español' },
  { value: 'ar', label: 'العربية' },
]

const loaders: Record<Exclude<Language, 'en'>, () => Promise<{ default: Catalogue }>> = {
  de: () => import('./de.json'),
  es: () => import('./es.json'),
  ar: () => import('./ar.json'),
}

const english: Catalogue = en
let current: Catalogue = english
let language: Language = 'en'

/** The language now in use: also the locale of dates and numbers. */
export const locale = (): Language => language
/** For dates: the reader's own region of that language ("en-AU"), with the digits that mail is full of. */
export function dateLocale(): string {
  const regional = navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${language}-`))
  return `${regional ?? language}-u-nu-latn`
}

/** The direction in which the current language is written. */
export const direction = (): 'ltr' | 'rtl' => (['ar', 'fa', 'he', 'ur'].includes(language) ? 'rtl' : 'ltr')

/** The first of the wanted languages ("de-AT") that we speak. */
export function pick(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = languages.find((entry) => entry.value === tag.slice(0, 2).toLowerCase())
    if (found) return found.value
  }
  return 'en'
}

/** Loads a language and makes it current. Components must be mounted again afterwards. */
export async function speak(next: Language): Promise<void> {
  current = next === 'en' ? english : (await loaders[next]()).default
  language = next
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(current[key] ?? english[key] ?? key, values, language)
}

/** One entry with its values in place: pure, so that a test can try any language. */
export function fill(entry: string | Forms, values: Record<string, string | number>, tag: string): string {
  const text = typeof entry === 'string' ? entry : formFor(entry, Number(values.count ?? 0), tag)
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? value.toLocaleString(`${tag}-u-nu-latn`) : value
  })
}

function formFor(forms: Forms, count: number, tag: string): string {
  return forms[new Intl.PluralRules(tag).select(count)] ?? forms.other
}
