// Types only: what an address of the API takes and gives, looked up by the address as it is called. "/conversations/12"
// is "/conversations/{id}" of the description, because every id is a number; only invitations go by a word.
import type { paths } from './schema'
import type { Message, Thread } from './types'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

type Called<P extends string> = P extends `${infer A}{token}${infer B}`
  ? `${A}${string}${Called<B>}`
  : P extends `${infer A}{${string}}${infer B}`
    ? `${A}${number}${Called<B>}`
    : P

type With<M extends Method> = {
  [P in keyof paths & string]: paths[P] extends Record<M, infer O> ? (O extends object ? P : never) : never
}[keyof paths & string]

/** Every address that can be called with this method. */
export type At<M extends Method> = Called<With<M>>

type Described<M extends Method, U extends string> = { [P in With<M>]: U extends Called<P> ? P : never }[With<M>]

type Operation<M extends Method, U extends string> = paths[Described<M, U>][M]

type Json<T> = T extends { content: { 'application/json': infer B } } ? B : undefined

/** Some shapes hold free JSON, which the description calls unknown and we name. */
type Named<T> = T extends { conversation_id: number; interleaved: boolean }
  ? Message
  : T extends { participants: unknown }
    ? Thread
    : T extends { message: unknown; conversation: infer C }
      ? { conversation: C; message: Message }
      : T

export type Answer<M extends Method, U extends string> =
  Operation<M, U> extends { responses: infer R }
    ? Named<Json<R extends { 200: infer A } ? A : R extends { 201: infer A } ? A : never>>
    : never

export type Body<M extends Method, U extends string> =
  Operation<M, U> extends { requestBody?: infer B } ? Json<NonNullable<B>> : never

export type Query<M extends Method, U extends string> =
  Operation<M, U> extends { parameters: { query?: infer Q } } ? Q : never
