// Prints what a browser downloads, gzipped, against the budgets, and fails where one is passed.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const kb = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1024

/** All chunks a chunk cannot start without. */
function withImports(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) withImports(next, seen)
  return seen
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const initial = withImports(entry)
const files = (keys) => [...keys].map((key) => manifest[key].file).filter((file) => file.endsWith('.js'))
const total = (list) => list.reduce((sum, file) => sum + kb(file), 0)

const rows = [
  ['agent app, initial JS', total(files(initial)), 180],
  ['CSS', total(Object.values(manifest).flatMap((chunk) => chunk.css ?? [])), 18],
]
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue
  const own = [...withImports(key)].filter((part) => !initial.has(part))
  rows.push([`lazy: ${chunk.name ?? key}`, total(files(own)), key.includes('editor') ? 75 : 40])
}
const font = Object.values(manifest).find((chunk) => /inter-latin-wght.*woff2$/.test(chunk.file))
if (font) rows.push(['font (Latin)', readFileSync(new URL(font.file, dist)).length / 1024, 50])

let failed = false
for (const [name, size, budget] of rows) {
  const over = size > budget
  failed ||= over
  console.log(`${name.padEnd(34)} ${size.toFixed(1).padStart(7)} KB of ${budget} KB${over ? '   over budget' : ''}`)
}
process.exit(failed ? 1 : 0)
