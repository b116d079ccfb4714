import { expect, it } from 'vitest'
import { onnxModel } from '../../bench/peers/programs/onnx-model.ts'

/** fields of a protocol buffer, as its encoding is specified: numbers as numbers, the others as bytes */
function fieldsOf(bytes: Uint8Array): [number, number | Uint8Array][] {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  const fields: [number, number | Uint8Array][] = []
  while (at < bytes.length) {
    const key = varint()
    if (key % 8 === 0) fields.push([key >> 3, varint()])
    else {
      expect(key % 8).toBe(2)
      const length = varint()
      expect(at + length).toBeLessThanOrEqual(bytes.length)
      fields.push([key >> 3, bytes.subarray(at, at + length)])
      at += length
    }
  }
  return fields
}

const all = (bytes: Uint8Array, field: number) =>
  fieldsOf(bytes).flatMap(([one, value]) => (one === field ? [value] : []))
const parts = (bytes: Uint8Array, field: number) => all(bytes, field) as Uint8Array[]
const texts = (bytes: Uint8Array, field: number) => parts(bytes, field).map((part) => Buffer.from(part).toString())

it('a perceptron becomes Gemm, Relu, Gemm with its weights, as onnx.proto numbers the fields', () => {
  const numbers = (length: number, from: number) => Float32Array.from({ length }, (_, index) => from + index)
  const layers = [
    { inputs: 300, outputs: 2, weight: numbers(600, 1), bias: numbers(2, -1) },
    { inputs: 2, outputs: 3, weight: numbers(6, 0.5), bias: numbers(3, 7) },
  ]
  const model = onnxModel(layers)
  expect(all(model, 1)).toEqual([8])
  expect(all(parts(model, 8)[0]!, 2)).toEqual([13])
  const [graph] = parts(model, 7) as [Uint8Array]
  const nodes = parts(graph, 1).map((node) => [texts(node, 4)[0], texts(node, 1), texts(node, 2)])
  expect(nodes).toEqual([
    ['Gemm', ['x', 'weight0', 'bias0'], ['sum0']],
    ['Relu', ['sum0'], ['hidden1']],
    ['Gemm', ['hidden1', 'weight1', 'bias1'], ['logits']],
  ])
  const [transposed] = parts(parts(graph, 1)[0]!, 5) as [Uint8Array]
  expect([texts(transposed, 1)[0], all(transposed, 3)[0], all(transposed, 20)[0]]).toEqual(['transB', 1, 2])

  const tensors = parts(graph, 5).map((tensor) => {
    const raw = Uint8Array.from(parts(tensor, 9)[0]!)
    return [texts(tensor, 8)[0], all(tensor, 1), all(tensor, 2)[0], new Float32Array(raw.buffer)]
  })
  expect(tensors).toEqual([
    ['weight0', [2, 300], 1, layers[0]!.weight],
    ['bias0', [2], 1, layers[0]!.bias],
    ['weight1', [3, 2], 1, layers[1]!.weight],
    ['bias1', [3], 1, layers[1]!.bias],
  ])

  const value = (field: number) => {
    const [info] = parts(graph, field) as [Uint8Array]
    const [tensor] = parts(parts(info, 2)[0]!, 1) as [Uint8Array]
    const dims = parts(parts(tensor, 2)[0]!, 1).map((dim) => all(dim, 1)[0] ?? texts(dim, 2)[0])
    return [texts(info, 1)[0], all(tensor, 1)[0], dims]
  }
  expect(value(11)).toEqual(['x', 1, ['batch', 300]])
  expect(value(12)).toEqual(['logits', 1, ['batch', 3]])
})
