import { describe, expect, it } from 'vitest'
import { constant, linearDecay } from '../../src/optim/schedule.ts'

describe('schedules', () => {
  it('constant is always 1', () => {
    for (const done of [0, 0.3, 0.999]) expect(constant(done)).toBe(1)
  })

  it('linearDecay falls from 1 to 0 in a straight line', () => {
    expect([0, 0.25, 0.5, 1].map(linearDecay)).toEqual([1, 0.75, 0.5, 0])
  })
})
