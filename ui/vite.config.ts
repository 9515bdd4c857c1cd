import { fileURLToPath } from 'node:url'
import { transformAsync } from '@babel/core'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Runs React Compiler over our own components; the bundler still strips the types and the JSX. */
function reactCompiler(): Plugin {
  return {
    name: 'react-compiler',
    enforce: 'pre',
    async transform(code, id) {
      if (id.includes('node_modules') || !/\.tsx(\?|$)/.test(id)) return null
      const result = await transformAsync(code, {
        filename: id,
        babelrc: false,
        configFile: false,
        sourceMaps: true,
        parserOpts: { plugins: ['typescript', 'jsx'] },
        plugins: [['babel-plugin-react-compiler', { panicThreshold: 'none' }]],
      })
      return result?.code ? { code: result.code, map: result.map } : null
    },
  }
}

export default defineConfig({
  root: here('./desk'),
  base: '/',
  plugins: [reactCompiler(), react(), tailwindcss()],
  resolve: {
    alias: [
      { find: /^@kit$/, replacement: here('./kit/index.ts') },
      { find: /^@kit\//, replacement: `${here('./kit')}/` },
      { find: /^@desk\//, replacement: `${here('./desk')}/` },
    ],
  },
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: ['chrome123', 'firefox128', 'safari17.5'],
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    manifest: true,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { '/api': { target: process.env.KEPT_URL ?? 'http://127.0.0.1:8080', changeOrigin: false } },
  },
  test: {
    root: here('./'),
    environment: 'happy-dom',
    include: ['kit/**/*.test.{ts,tsx}', 'desk/**/*.test.{ts,tsx}'],
  },
})
