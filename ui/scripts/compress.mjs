// Writes a .br and a .gz twin of every built file worth compressing, so that the server never compresses on the way out.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = new URL('../dist', import.meta.url).pathname
const worth = /\.(js|css|svg|json|webmanifest)$/
const least = 512

for (const name of readdirSync(dist, { recursive: true })) {
  if (!worth.test(name) || name.startsWith('.vite')) continue
  const path = join(dist, name)
  const bytes = readFileSync(path)
  if (bytes.length < least) continue
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }))
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
}
