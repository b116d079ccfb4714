import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PalimpsestError } from '../../bindings/errors.ts'
import { Analytic } from '../../src/continual/analytic.ts'
import { cloud } from './analytic.loop.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** runs with arrays that memory lacks for from the nth one that is made on; how many were made */
function starved(n: number, run: () => void): number {
  let made = 0
  for (const [name, kind] of Object.entries({ Float64Array, Float32Array }))
    vi.stubGlobal(
      name,
      new Proxy(kind, {
        construct(target, args) {
          made++
          if (made === n) throw new RangeError('Array buffer allocation failed')
          return Reflect.construct(target, args)
        },
      }),
    )
  try {
    run()
  } finally {
    vi.unstubAllGlobals()
  }
  return made
}

describe.each([
  ['shared', { inputs: 6 }],
  ['removable', { inputs: 6, removable: true }],
  // more than any call before in this thread, so that memory is asked for at each place
  ['random features', { inputs: 6, features: 90, removable: true }],
] as const)('Analytic, %s', (_, options) => {
  const first = cloud(30, 6, [1, 2])
  // several chunks, classes that are new in the last
  const more = cloud(900, 6, [2, 3])
  const last = cloud(60, 6, [7, 9])
  const x = Float32Array.from([...more.x, ...last.x])
  const labels = [...more.labels, ...last.labels]

  it('learns a batch wholly or not at all where memory ends', () => {
    const control = new Analytic(options)
    control.learn(first.x, first.labels)
    control.learn(x, labels)
    let refused = 0
    for (let n = 1; ; n++) {
      const analytic = new Analytic(options)
      analytic.learn(first.x, first.labels)
      const before = analytic.state()
      let refusal: unknown = null
      const made = starved(n, () => {
        try {
          analytic.learn(x, labels)
        } catch (error) {
          refusal = error
        }
      })
      if (refusal !== null) {
        refused++
        expect((refusal as PalimpsestError).code).toBe('OUT_OF_MEMORY')
        expect(analytic.state()).toEqual(before)
        analytic.learn(x, labels)
      }
      expect(analytic.state()).toEqual(control.state())
      if (made < n) break
    }
    expect(refused).toBeGreaterThan(1)
  })
})
