import {
  add,
  batchNorm,
  linear,
  logSoftmax,
  type Matrix,
  matmul,
  mean,
  mul,
  Parameter,
  relu,
  type Scalar,
  type Shape,
  scale,
  softmaxCrossEntropy,
  square,
  sub,
  sum,
  Tape,
  type Tensor,
  tensor,
  type Vector,
} from 'palimpsest/autograd'
import { describe, expectTypeOf, test } from 'vitest'

declare const a34: Tensor<readonly [3, 4]>
declare const b45: Tensor<readonly [4, 5]>
declare const b55: Tensor<readonly [5, 5]>
declare const w54: Tensor<readonly [5, 4]>
declare const v4: Tensor<readonly [4]>
declare const v5: Tensor<readonly [5]>
declare const any: Tensor<Matrix>
declare const anyVector: Tensor<Vector>
declare const scalar: Tensor<Scalar>

describe('sizes that do not fit do not compile', () => {
  test('matmul', () => {
    expectTypeOf(matmul(a34, b45)).toEqualTypeOf<Tensor<Matrix<3, 5>>>()
    // @ts-expect-error 4 columns, 5 rows
    matmul(a34, b55)
    // @ts-expect-error a vector is no matrix
    matmul(a34, v4)
  })

  test('linear', () => {
    expectTypeOf(linear(a34, w54, v5)).toEqualTypeOf<Tensor<Matrix<3, 5>>>()
    expectTypeOf(linear(a34, w54, v5, { relu: true })).toEqualTypeOf<Tensor<Matrix<3, 5>>>()
    // @ts-expect-error the weight has 5 columns
    linear(a34, b55, v5)
    // @ts-expect-error the bias has 4 numbers for 5 outputs
    linear(a34, w54, v4)
    // @ts-expect-error no such option
    linear(a34, w54, v5, { gelu: true })
  })

  test('add', () => {
    expectTypeOf(add(a34, a34)).toExtend<Tensor<readonly [3, 4]>>()
    expectTypeOf(add(a34, v4)).toEqualTypeOf<Tensor<Matrix<3, 4>>>()
    // @ts-expect-error another shape
    add(a34, b45)
    // @ts-expect-error a bias of another length
    add(a34, v5)
    // @ts-expect-error a bias is the second
    add(v4, a34)
  })

  test('sub', () => {
    expectTypeOf(sub(a34, a34)).toEqualTypeOf<Tensor<readonly [3, 4]>>()
    // @ts-expect-error another shape
    sub(a34, b45)
    // @ts-expect-error no broadcasting
    sub(a34, v4)
  })

  test('mul', () => {
    expectTypeOf(mul(v4, v4)).toEqualTypeOf<Tensor<readonly [4]>>()
    // @ts-expect-error another shape
    mul(a34, b45)
    // @ts-expect-error no broadcasting
    mul(a34, v4)
  })

  test('batchNorm', () => {
    const running = { mean: new Float32Array(4), variance: new Float32Array(4) }
    const options = { mode: 'training', epsilon: 1e-5, momentum: 0.1 } as const
    expectTypeOf(batchNorm(a34, v4, v4, running, options)).toEqualTypeOf<Tensor<Matrix<3, 4>>>()
    // @ts-expect-error gamma has 5 numbers for 4 columns
    batchNorm(a34, v5, v4, running, options)
    // @ts-expect-error beta has 5 numbers for 4 columns
    batchNorm(a34, v4, v5, running, options)
    // @ts-expect-error no such mode
    batchNorm(a34, v4, v4, running, { ...options, mode: 'testing' })
  })

  test('a loss is a scalar, logits are a matrix', () => {
    const tape = new Tape()
    tape.backward(scalar, [])
    // @ts-expect-error a vector is no loss
    tape.backward(v4, [])
    expectTypeOf(softmaxCrossEntropy(a34, new Uint8Array(3))).toEqualTypeOf<Tensor<Scalar>>()
    // @ts-expect-error a vector of logits
    softmaxCrossEntropy(v4, new Uint8Array(4))
    // @ts-expect-error labels are bytes
    softmaxCrossEntropy(a34, [0, 1, 2])
    // @ts-expect-error a vector of logits
    logSoftmax(v4)
  })
})

describe('a size that is known at run time is number', () => {
  test('everywhere', () => {
    expectTypeOf(matmul(any, any)).toEqualTypeOf<Tensor<Matrix>>()
    expectTypeOf(linear(any, any, anyVector)).toEqualTypeOf<Tensor<Matrix>>()
    expectTypeOf(add(any, anyVector)).toEqualTypeOf<Tensor<Matrix>>()
    expectTypeOf(sub(any, any)).toEqualTypeOf<Tensor<Matrix>>()
    expectTypeOf(mul(anyVector, anyVector)).toEqualTypeOf<Tensor<Vector>>()
  })

  test('beside a literal', () => {
    expectTypeOf(matmul(any, b45)).toEqualTypeOf<Tensor<Matrix<number, 5>>>()
    expectTypeOf(linear(any, w54, v5)).toEqualTypeOf<Tensor<Matrix<number, 5>>>()
  })

  test('in a whole shape', () => {
    const shaped = a34 as Tensor<Shape>
    expectTypeOf(add(shaped, shaped)).toEqualTypeOf<Tensor<Shape>>()
    expectTypeOf(sum(shaped)).toEqualTypeOf<Tensor<Scalar>>()
  })
})

describe('operations of one tensor', () => {
  test('keep its shape, or make it a scalar', () => {
    expectTypeOf(relu(a34)).toEqualTypeOf<Tensor<readonly [3, 4]>>()
    expectTypeOf(square(v4)).toEqualTypeOf<Tensor<readonly [4]>>()
    expectTypeOf(scale(scalar, 2)).toEqualTypeOf<Tensor<Scalar>>()
    expectTypeOf(logSoftmax(a34)).toEqualTypeOf<Tensor<Matrix<3, 4>>>()
    expectTypeOf(sum(a34)).toEqualTypeOf<Tensor<Scalar>>()
    expectTypeOf(mean(a34)).toEqualTypeOf<Tensor<Scalar>>()
    expectTypeOf(a34.detach()).toEqualTypeOf<Tensor<readonly [3, 4]>>()
  })
})

describe('literal shapes are inferred', () => {
  test('of inputs, tensors and watched parameters', () => {
    const tape = new Tape()
    expectTypeOf(tape.input(new Float32Array(6), [2, 3])).toEqualTypeOf<Tensor<readonly [2, 3]>>()
    expectTypeOf(tensor([1, 2], [2])).toEqualTypeOf<Tensor<readonly [2]>>()
    const parameter = new Parameter('p', [2, 3], new Float32Array(6))
    expectTypeOf(parameter).toEqualTypeOf<Parameter<readonly [2, 3]>>()
    expectTypeOf(tape.watch(parameter)).toEqualTypeOf<Tensor<readonly [2, 3]>>()
    expectTypeOf(matmul(parameter, tape.input(new Float32Array(3), [3, 1]))).toEqualTypeOf<Tensor<Matrix<2, 1>>>()
    // @ts-expect-error its name first
    new Parameter([2, 3], new Float32Array(6))
  })

  test('a tensor does not show its memory, a parameter does', () => {
    expectTypeOf(a34).not.toHaveProperty('data')
    expectTypeOf<Parameter>().toHaveProperty('data').toEqualTypeOf<Float32Array>()
    // @ts-expect-error tensors are immutable
    a34.shape = [3, 4]
  })
})
