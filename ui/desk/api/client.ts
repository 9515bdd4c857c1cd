// Every request of the workspace goes through here: the public API, JSON both ways, a sentence where it fails.
import { t } from '../text/t'
import type { Answer, At, Body, Query } from './paths'

export type Obstacle = { kind: string; sentence: string; promise_id?: number | null; message_id?: number | null }

/** What the API answers where it cannot do what was asked (RFC 9457), or status 0 where it could not be reached. */
export class Problem extends Error {
  readonly status: number
  readonly errors: { location: string; message: string }[]
  readonly obstacles: Obstacle[]
  readonly reference: string | null

  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.detail || body.title || t('error.unknown')))
    this.status = status
    this.errors = (body.errors as Problem['errors']) ?? []
    this.obstacles = (body.obstacles as Obstacle[]) ?? []
    this.reference = (body.reference as string) ?? null
  }

  /** The sentence for one field of a form: the API names it by its path, "body.email". */
  field(name: string): string | undefined {
    return this.errors.find((error) => error.location.split('.').at(-1) === name)?.message
  }
}

export const sentence = (error: unknown): string => (error instanceof Error ? error.message : t('error.unknown'))

type Params = Record<string, string | number | boolean | null | undefined>

const root = '/api/v1'
let onSignedOut: () => void = () => {}

/** Says what to do when the API no longer knows us: the session ended, here or elsewhere. */
export function whenSignedOut(run: () => void): void {
  onSignedOut = run
}

export function url(path: string, query: Params = {}): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') params.set(key, String(value))
  }
  const text = params.toString()
  return root + path + (text ? `?${text}` : '')
}

async function send<T>(method: string, address: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  const form = body instanceof FormData
  if (body !== undefined && !form) headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['Idempotency-Key'] = crypto.randomUUID()
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (body !== undefined) init.body = form ? body : JSON.stringify(body)
  if (signal) init.signal = signal
  return answer<T>(await reach(address, init), address)
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init)
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new Problem(0, { detail: t('error.offline') })
  }
}

async function answer<T>(response: Response, address: string): Promise<T> {
  const json = response.headers.get('Content-Type')?.includes('json')
  const value = json ? await response.json() : await response.text()
  if (response.ok) return value as T
  if (response.status === 401 && !address.endsWith('/sessions')) onSignedOut()
  throw new Problem(response.status, json ? value : { detail: t('error.unknown') })
}

/** The public API. Addresses, bodies and answers are checked against its description when this is compiled. */
export const api = {
  get: <U extends At<'get'>>(path: U, query?: Query<'get', U>, signal?: AbortSignal) =>
    send<Answer<'get', U>>('GET', url(path, query as Params), undefined, signal),
  post: <U extends At<'post'>>(path: U, body?: Body<'post', U> | FormData, query?: Query<'post', U>) =>
    send<Answer<'post', U>>('POST', url(path, query as Params), body),
  put: <U extends At<'put'>>(path: U, body: Body<'put', U>) => send<Answer<'put', U>>('PUT', url(path), body),
  patch: <U extends At<'patch'>>(path: U, body: Body<'patch', U>) => send<Answer<'patch', U>>('PATCH', url(path), body),
  delete: <U extends At<'delete'>>(path: U) => send<Answer<'delete', U>>('DELETE', url(path)),
}
