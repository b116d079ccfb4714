import Fastify, { type FastifyInstance } from 'fastify'
import { PalimpsestError } from 'palimpsest'
import { ContinualClassifier, type Receipt } from 'palimpsest/serving'
import { fail, unknownRoute } from './failures.ts'
import { Metrics } from './metrics.ts'
import type { ServiceOptions } from './options.ts'
import { Reporter } from './reporter.ts'
import { Saver } from './saver.ts'
import { type ChangeQuery, type ConsolidateBody, type LearnBody, type RowsBody, rowsOf, schemasOf } from './schemas.ts'

/** The one in the file, or a new one where there is no file. */
async function opened({ file, classifier, maxPending }: ServiceOptions) {
  try {
    const { encoder = '', inputs } = classifier
    return { classifier: await ContinualClassifier.load(file, { encoder, inputs, maxPending }), saved: true }
  } catch (error) {
    if (!(error instanceof PalimpsestError && error.code === 'STATE_MISSING')) throw error
    return { classifier: await ContinualClassifier.create(classifier, { maxPending }), saved: false }
  }
}

/** A server that learns and answers, ready to listen. Its `close` answers what came, saves, and ends. */
export async function serviceOf(options: ServiceOptions): Promise<FastifyInstance> {
  const { inputs, encoder: own = '' } = options.classifier
  const { classifier, saved } = await opened(options)
  const app = Fastify({
    bodyLimit: options.bodyLimit,
    logger: { level: 'warn' },
    // null is not 0, "3" is not 3, and what is not known is refused, not dropped
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  })
  const saver = new Saver(classifier, options.file, saved ? classifier.sequence : 0, {
    every: options.saveEvery,
    seconds: options.saveSeconds,
    failed: (error) => app.log.error(error, 'saving failed'),
  })
  const reporter = new Reporter(classifier)
  const metrics = new Metrics(classifier, saver, reporter)

  app.setErrorHandler<PalimpsestError>(fail)
  app.setNotFoundHandler(unknownRoute)
  app.addHook('onResponse', async ({ routeOptions }, { statusCode, elapsedTime }) => {
    metrics.answered(routeOptions.url ?? 'unknown', statusCode, elapsedTime)
  })
  app.addHook('onClose', async () => {
    try {
      await saver.stop()
    } finally {
      await classifier.close()
    }
  })

  const sameEncoder = ({ encoder = own }: { readonly encoder?: string }) => {
    if (encoder === own) return
    throw new PalimpsestError(
      'ENCODER_MISMATCH',
      `rows of the encoder '${encoder}' mean nothing here: expected '${own}'`,
    )
  }
  const confirmed = async (receipt: Receipt, { durable }: ChangeQuery) => {
    if (durable === 'true') await saver.until(receipt.sequence)
    else saver.changed()
    return { ...receipt, durable: saver.durable }
  }

  const schemas = schemasOf(inputs)
  app.post<{ Body: LearnBody; Querystring: ChangeQuery }>('/learn', { schema: schemas.learn }, async (request) => {
    const { x, labels, id } = request.body
    sameEncoder(request.body)
    return confirmed(await classifier.learn(rowsOf(x, inputs), labels, id === undefined ? {} : { id }), request.query)
  })
  app.post<{ Body: ConsolidateBody; Querystring: ChangeQuery }>(
    '/consolidate',
    { schema: schemas.consolidate },
    async (request) => {
      const { x, labels } = request.body
      sameEncoder(request.body)
      return confirmed(await classifier.consolidate(x && rowsOf(x, inputs), labels), request.query)
    },
  )
  app.post<{ Body: RowsBody }>('/predict', { schema: schemas.predict }, async ({ body }) => {
    sameEncoder(body)
    return { sequence: classifier.sequence, answers: classifier.predictRows(rowsOf(body.x, inputs)) }
  })
  app.get('/healthz', async (_, reply) => {
    const dead = await reporter.dead()
    if (dead) reply.code(503)
    const { sequence } = classifier
    return { status: dead ? 'dead' : 'ok', sequence, durable: saver.durable, pending: reporter.pending }
  })
  app.get('/metrics', async (_, reply) => {
    reply.type(metrics.registry.contentType)
    return metrics.text()
  })
  return app
}
