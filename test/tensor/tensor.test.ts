import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Parameter, type Scalar, Tensor, tensor } from '../../src/autograd.ts'
import { refusal } from '../refusal.ts'

const axis = fc.integer({ min: 1, max: 6 })

describe('a tensor', () => {
  test('holds as many numbers as its shape says, and no others are taken', () => {
    fc.assert(
      fc.property(fc.array(axis, { maxLength: 4 }), fc.nat({ max: 1500 }), (shape, length) => {
        const size = shape.reduce((a, b) => a * b, 1)
        const made = new Tensor(shape, new Float32Array(size))
        expect([made.size, made.shape]).toEqual([size, shape])
        if (length === size) return
        const { message } = refusal('LENGTH', () => new Tensor(shape, new Float32Array(length)))
        expect(message).toContain(`[${shape.join(', ')}] has ${length} numbers, expected ${size}`)
      }),
    )
  })

  test.each([[[0]], [[-1]], [[2, 1.5]], [[NaN]], [[Infinity]], [[2, undefined]]])(
    'of the shape %j is refused',
    (shape) => {
      refusal('SHAPE', () => new Tensor(shape as number[], new Float32Array(1)))
    },
  )

  test.each([[[1]], [new Float64Array(1)], [new Uint8Array(1)], [null], [undefined], ['1']])(
    'of %o is refused',
    (data) => {
      refusal('DTYPE', () => new Tensor([1], data as unknown as Float32Array))
    },
  )

  test('made by tensor() copies its numbers, rounded to float32', () => {
    const data = [0.1, 2]
    const made = tensor(data, [2])
    data[1] = 7
    expect([...made.read()]).toEqual([Math.fround(0.1), 2])
    refusal('LENGTH', () => tensor([1, 2, 3], [2]))
  })

  test('gives copies: read() and detach() share no memory with it', () => {
    const made = tensor([1, 2], [1, 2])
    made.read()[0] = 7
    const detached = made.detach()
    expect(detached.shape).toEqual([1, 2])
    expect(detached).not.toBe(made)
    expect([...made.read(), ...detached.read()]).toEqual([1, 2, 1, 2])
  })

  test('shows no storage of its own', () => {
    expect(Object.values(tensor([1, 2], [2])).some((value) => ArrayBuffer.isView(value))).toBe(false)
  })

  test('of one number is item(), whatever its rank', () => {
    for (const shape of [[], [1], [1, 1, 1]]) expect(tensor([5], shape).item()).toBe(5)
    expect(refusal('SHAPE', () => tensor([1, 2], [2]).item()).message).toContain('[2]')
  })
})

describe('a parameter', () => {
  test('shows its memory, and owns that of its gradient', () => {
    const data = Float32Array.of(1, 2)
    const parameter = new Parameter('p', [2], data)
    expect(parameter.data).toBe(data)
    expect(parameter.gradient).toEqual(new Float32Array(2))
    data[0] = 7
    expect([...parameter.read()]).toEqual([7, 2])
  })

  test('is refused as a tensor is', () => {
    refusal('LENGTH', () => new Parameter('p', [2], new Float32Array(3)))
    refusal('DTYPE', () => new Parameter<Scalar>('p', [], [1] as unknown as Float32Array))
    refusal('SHAPE', () => new Parameter('p', [0], new Float32Array(0)))
  })
})
