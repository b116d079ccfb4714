import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, PalimpsestError } from 'palimpsest'

/** What the caller did wrong is 400 or 409, what he may try again 429 or 503; any other code is 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  DTYPE: 400,
  LENGTH: 400,
  NON_FINITE: 400,
  UNSUPPORTED: 400,
  EMPTY_SET: 409,
  ENCODER_MISMATCH: 409,
  PENALTY_POWERLESS: 409,
  PENALTY_UNSTABLE: 409,
  OVERLOADED: 429,
  OUT_OF_MEMORY: 503,
  WORKER_DIED: 503,
  CLOSED: 503,
}

/** seconds after which a client that was refused may try again */
const RETRY = 1

/** Every failure is `{ code, message }`: a code of palimpsest, or one of fastify's own that begins with FST_. */
export function fail(error: FastifyError | PalimpsestError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error instanceof PalimpsestError ? (STATUS[error.code] ?? 500) : (error.statusCode ?? 500)
  if (status === 500) request.log.error(error)
  if (status === 429) reply.header('retry-after', RETRY)
  // what went wrong inside is for the log alone
  const told = status === 500 ? { code: 'INTERNAL', message: 'the service failed' } : error
  reply.code(status).send({ code: told.code, message: told.message })
}

export function unknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  reply.code(404).send({ code: 'NOT_FOUND', message: `there is no ${request.method} ${request.url}` })
}
