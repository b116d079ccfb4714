import type { Layer } from './answer.ts'

// onnx.proto, as far as a perceptron needs it: fields are numbers, and length-delimited unless they are integers
const FLOAT = 1
const INT = 2

const integer = (field: number, value: number): Uint8Array => Uint8Array.from([...varint(field << 3), ...varint(value)])
const bytes = (field: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([Uint8Array.from(varint((field << 3) | 2)), Uint8Array.from(varint(length(parts))), ...parts])
const text = (field: number, value: string): Uint8Array => bytes(field, Buffer.from(value))
const length = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0)

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
}

function tensor(name: string, dims: readonly number[], data: Float32Array): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return bytes(5, ...dims.map((dim) => integer(1, dim)), integer(2, FLOAT), text(8, name), bytes(9, raw))
}

/** a matrix of any number of rows */
function value(field: number, name: string, columns: number): Uint8Array {
  const shape = bytes(2, bytes(1, text(2, 'batch')), bytes(1, integer(1, columns)))
  return bytes(field, text(1, name), bytes(2, bytes(1, integer(1, FLOAT), shape)))
}

function node(operator: string, inputs: readonly string[], output: string, ...attributes: Uint8Array[]): Uint8Array {
  return bytes(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, operator), ...attributes)
}

/** A perceptron as an ONNX model: from `x` [batch, I] over Gemm and Relu to `logits` [batch, C]. */
export function onnxModel(layers: readonly Layer[]): Uint8Array {
  const transposed = bytes(5, text(1, 'transB'), integer(3, 1), integer(20, INT))
  const last = layers.length - 1
  const nodes = layers.flatMap((_, index) => {
    const from = index === 0 ? 'x' : `hidden${index}`
    const to = index === last ? 'logits' : `sum${index}`
    const product = node('Gemm', [from, `weight${index}`, `bias${index}`], to, transposed)
    return index === last ? [product] : [product, node('Relu', [to], `hidden${index + 1}`)]
  })
  const weights = layers.flatMap(({ inputs, outputs, weight, bias }, index) => [
    tensor(`weight${index}`, [outputs, inputs], weight),
    tensor(`bias${index}`, [outputs], bias),
  ])
  const values = [value(11, 'x', layers[0]?.inputs ?? 0), value(12, 'logits', layers[last]?.outputs ?? 0)]
  const graph = bytes(7, ...nodes, text(2, 'perceptron'), ...weights, ...values)
  // intermediate representation 8, operators of version 13
  return Buffer.concat([integer(1, 8), graph, bytes(8, text(1, ''), integer(2, 13))])
}
