import type { FastifySchema } from 'fastify'

const MOST_ROWS = 256
const LABEL = { type: 'string', minLength: 1, maxLength: 256 }

/** a body with rows of so many numbers, and with a label for each where they are learnt */
const body = (inputs: number, properties: object, required: readonly string[]) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties: {
    x: {
      type: 'array',
      minItems: 1,
      maxItems: MOST_ROWS,
      items: { type: 'array', minItems: inputs, maxItems: inputs, items: { type: 'number' } },
    },
    encoder: { type: 'string', maxLength: 256 },
    ...properties,
  },
})

/** JSON schemas of what is sent; I is the number of inputs. */
export const schemasOf = (inputs: number): Record<'learn' | 'consolidate' | 'predict', FastifySchema> => {
  const labels = { type: 'array', minItems: 1, maxItems: MOST_ROWS, items: LABEL }
  const querystring = {
    type: 'object',
    additionalProperties: false,
    properties: { durable: { type: 'string', enum: ['true', 'false'] } },
  }
  return {
    learn: { querystring, body: body(inputs, { labels, id: LABEL }, ['x', 'labels']) },
    consolidate: {
      querystring,
      body: {
        ...body(inputs, { labels }, []),
        // rows and labels together, or neither
        dependencies: { x: ['labels'], labels: ['x'] },
      },
    },
    predict: { body: body(inputs, {}, ['x']) },
  }
}

export interface RowsBody {
  readonly x: readonly (readonly number[])[]
  readonly encoder?: string
}
export interface LearnBody extends RowsBody {
  readonly labels: readonly string[]
  readonly id?: string
}
export type ConsolidateBody = Partial<Pick<LearnBody, 'x' | 'labels'>> & Pick<RowsBody, 'encoder'>
export interface ChangeQuery {
  readonly durable?: 'true' | 'false'
}

/** rows as a classifier takes them */
export function rowsOf(x: RowsBody['x'], inputs: number): Float32Array {
  const rows = new Float32Array(x.length * inputs)
  x.forEach((row, index) => {
    rows.set(row, index * inputs)
  })
  return rows
}
