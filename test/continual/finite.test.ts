import { expect, it } from 'vitest'
import { allFinite } from '../../src/continual/finite.ts'

it('finds what is not finite wherever it is, and nothing else', () => {
  const finite = [0, -0, 5e-324, -Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE, 1]
  for (let length = 0; length < 14; length++) {
    const x = Float64Array.from({ length }, (_, i) => finite[i % finite.length] as number)
    expect(allFinite(x)).toBe(true)
    for (let at = 0; at < length; at++)
      for (const value of [NaN, Infinity, -Infinity])
        expect(allFinite(x.with(at, value)), `${value} at ${at}`).toBe(false)
  }
})
