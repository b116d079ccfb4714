import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../bindings/errors.ts'
import {
  add,
  Parameter,
  relu,
  type Scalar,
  scale,
  softmaxCrossEntropy,
  sum,
  Tape,
  type Tensor,
} from '../../src/autograd.ts'
import { BufferPool } from '../../src/tensor/pool.ts'
import { refusal } from '../refusal.ts'

const values = (...numbers: number[]) => Float32Array.from(numbers)

describe('a tensor after its step', () => {
  const tape = new Tape()
  const [input, output, watched] = tape.step(() => {
    const x = tape.input(values(1, 2), [2])
    return [x, relu(x), tape.watch(new Parameter('p', [2] as const, values(1, 2)))] as const
  })
  const loss = tape.step(() => sum(tape.input(values(1), [1])))

  test.each<[string, () => unknown]>([
    ['read', () => output.read()],
    ['item', () => loss.item()],
    ['detach', () => output.detach()],
    ['read of an input', () => input.read()],
    ['read of a watched parameter', () => watched.read()],
    ['in an operation outside of a step', () => relu(output)],
    ['in an operation of a later step', () => tape.step(() => relu(output))],
    ['beside a tensor of a later step', () => tape.step(() => add(tape.input(values(1, 2), [2]), output))],
    ['beside a tensor of another tape', () => new Tape().step((other) => add(other.input(values(1, 2), [2]), output))],
    ['as logits', () => softmaxCrossEntropy(output as never, new Uint8Array(2))],
    ['as a loss', () => tape.step(() => tape.backward(loss, []))],
    ['as the output of a squared pass', () => tape.step(() => tape.backwardSquared(output, [], new Map()))],
  ])('%s is an error that names its shape', (_, use) => {
    expect(refusal('TENSOR_RELEASED', use).message).toMatch(/\[2?\]/)
  })

  test('leaves what was detached or read', () => {
    const [detached, read] = tape.step(() => {
      const y = scale(tape.input(values(1, 2), [2]), 3)
      return [y.detach(), y.read()] as const
    })
    tape.step(() => scale(tape.input(values(7, 7), [2]), 7))
    expect([...detached.read(), ...read]).toEqual([3, 6, 3, 6])
  })

  test('also when the step threw', () => {
    let escaped: Tensor | undefined
    expect(() =>
      tape.step(() => {
        escaped = relu(tape.input(values(1), [1]))
        throw new RangeError('mine')
      }),
    ).toThrow(new RangeError('mine'))
    refusal('TENSOR_RELEASED', () => escaped?.read())
  })
})

describe('misuse of a tape', () => {
  const outside: readonly (readonly [string, ErrorCode, (tape: Tape) => unknown])[] = [
    ['input outside of a step', 'TAPE_MISUSE', (tape) => tape.input(values(1), [1])],
    ['watch outside of a step', 'TAPE_MISUSE', (tape) => tape.watch(new Parameter('p', [1], values(1)))],
    ['output outside of a step', 'TAPE_MISUSE', (tape) => tape.output([1])],
    ['scratch outside of a step', 'TAPE_MISUSE', (tape) => tape.scratch(1)],
    ['afterwards outside of a step', 'TAPE_MISUSE', (tape) => tape.afterwards(() => {})],
    ['a step inside its own step', 'TAPE_MISUSE', (tape) => tape.step(() => tape.step(() => 1))],
    ['a promise returned', 'TAPE_MISUSE', (tape) => tape.step(() => Promise.resolve(1))],
    ['an async step', 'TAPE_MISUSE', (tape) => tape.step(async () => 1)],
    ['an operation without any tensor of a tape', 'TAPE_MISUSE', () => relu(new Parameter('p', [1], values(1)))],
    [
      'a loss that no tape made',
      'TAPE_MISUSE',
      (tape) => tape.step(() => tape.backward(new Parameter('p', [], values(1)), [])),
    ],
  ]
  test.each(outside)('%s', (_, code, run) => {
    refusal(code, () => run(new Tape()))
  })

  test('tensors of two tapes in one operation', () => {
    const [tape, other] = [new Tape(), new Tape()]
    tape.step(() =>
      other.step(() => {
        const mixed = () => add(tape.input(values(1), [1]), other.input(values(1), [1]))
        expect(refusal('TAPE_MISUSE', mixed).message).toContain('add')
        refusal('TAPE_MISUSE', () => tape.backward(sum(other.input(values(1), [1])), []))
      }),
    )
  })

  test('leaves the tape usable', () => {
    const tape = new Tape()
    for (const [, code, run] of outside) refusal(code, () => run(tape))
    expect(tape.step(() => sum(tape.input(values(1, 2), [2])).item())).toBe(3)
  })

  test('the rest of an async step fails without ending the process', async () => {
    const tape = new Tape()
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    refusal('TAPE_MISUSE', () =>
      tape.step(async () => {
        const x = tape.input(values(1), [1])
        await Promise.resolve()
        return relu(x)
      }),
    )
    await turn()
    await turn()
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })

  test('two tapes may be nested', () => {
    const [tape, other] = [new Tape(), new Tape()]
    const sums = tape.step(() => {
      const a = sum(tape.input(values(1, 2), [2]))
      const inner = other.step(() => sum(other.input(values(3), [1])).item())
      return [a.item(), inner]
    })
    expect(sums).toEqual([3, 3])
  })
})

describe('what a step returns and throws', () => {
  test('comes through unchanged', () => {
    const tape = new Tape()
    const thing = {}
    expect(tape.step((own) => (own === tape ? thing : null))).toBe(thing)
    const error = new Error('mine')
    expect(() =>
      tape.step(() => {
        throw error
      }),
    ).toThrow(error)
  })
})

describe('afterwards', () => {
  const ran: string[] = []

  test('effects run once, in order, when the step has ended well', () => {
    const tape = new Tape()
    tape.step(() => {
      tape.afterwards(() => ran.push('first'))
      tape.afterwards(() => ran.push('second'))
      ran.push('step')
    })
    tape.step(() => ran.push('next'))
    expect(ran).toEqual(['step', 'first', 'second', 'next'])
  })

  test.each<[string, (tape: Tape) => unknown]>([
    ['throws', () => sum({} as Tensor)],
    ['is refused', (tape) => tape.backward(sum(tape.input(values(1), [1])) as Tensor<Scalar>, [{} as Parameter])],
    ['is async', async () => 1],
  ])('effects do not run when the step %s, nor at the next one', (_, fail) => {
    ran.length = 0
    const tape = new Tape()
    expect(() =>
      tape.step(() => {
        tape.afterwards(() => ran.push('effect'))
        return fail(tape)
      }),
    ).toThrow()
    tape.step(() => 1)
    expect(ran).toEqual([])
  })
})

describe('the pool', () => {
  test('lends each buffer once, and takes it back once', () => {
    const pool = new BufferPool()
    const [a, b] = [pool.take(3), pool.take(3)]
    expect(a).not.toBe(b)
    pool.give(a)
    pool.give(a)
    const [c, d] = [pool.take(3), pool.take(3)]
    expect(c).toBe(a)
    expect([a, b]).not.toContain(d)
    expect(pool.allocated).toBe(3)
  })

  test('keeps no buffer that it did not make', () => {
    const pool = new BufferPool()
    const foreign = new Float32Array(3)
    pool.give(foreign)
    expect(pool.take(3)).not.toBe(foreign)
  })

  test('reclaims everything that is out', () => {
    const pool = new BufferPool()
    const out = new Set([pool.take(1), pool.take(2), pool.take(2)])
    pool.reclaim()
    expect(new Set([pool.take(2), pool.take(2), pool.take(1)])).toEqual(out)
    expect(pool.allocated).toBe(3)
  })
})
