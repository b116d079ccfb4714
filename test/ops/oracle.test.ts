import fc from 'fast-check'
import { describe, test } from 'vitest'
import { checkForward, checkGradients } from '../gradcheck.ts'
import { stream, uniform } from '../numbers.ts'
import { instances } from './case.ts'
import { EVERY } from './cases.ts'

describe.each(EVERY)('%s', (_, __, one) => {
  test('gives what the float64 oracle gives', () => {
    fc.assert(fc.property(instances(one, 33), checkForward))
  })

  test('has the gradient that differences of the oracle have', () => {
    fc.assert(
      fc.property(instances(one, 7), fc.integer(), (instance, seed) => {
        const { length } = instance.oracle(...instance.inputs.map(({ values }) => Float64Array.from(values)))
        checkGradients(instance, uniform(stream(seed), length, -1, 1))
      }),
    )
  })
})
