import { native } from '../../bindings/native.ts'
import { alignedFloats } from '../../src/tensor/aligned.ts'
import { everyOf, inside, labelsOf, type Net, stepFlops, uniform } from './inside.ts'
import { type Entry, figureOf, scaled } from './section.ts'

/** what a step spends its time in, in the order in which it comes to it */
export const PARTS = ['forward', 'loss', 'weight-gradients', 'input-gradients', 'bias-and-relu', 'adam'] as const
export type Part = (typeof PARTS)[number]

/** The kernels that a step of a network calls, on arrays of their own, each part timed by itself. */
export function partsOf(net: Net, step: string): Entry[] {
  return PARTS.map((part) => {
    const name = `${step}/part/${part}`
    const subject = inside(name, { every: everyOf(stepFlops(net.sizes, net.batch)) }, () => callsOf(net, part))
    return {
      name,
      subjects: [subject],
      figures: (samples) => figureOf(name, scaled(samples, name, 1e6), { unit: 'us', better: 'lower' }),
    }
  })
}

function callsOf({ sizes, batch }: Net, part: Part): () => void {
  const layers = sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index] as number
    const dense = (length: number, seed: number) => uniform(length, seed)
    return {
      first: index === 0,
      hidden: index < sizes.length - 2,
      inputs,
      outputs,
      x: dense(batch * inputs, 1),
      weight: dense(outputs * inputs, 2),
      bias: dense(outputs, 3),
      y: dense(batch * outputs, 4),
      dY: dense(batch * outputs, 5),
      dX: alignedFloats(batch * inputs),
      parameters: [outputs * inputs, outputs].map((length) => ({
        theta: dense(length, 6),
        gradient: dense(length, 7),
        first: alignedFloats(length),
        second: alignedFloats(length),
      })),
    }
  })
  const gradientOf = (layer: (typeof layers)[number], of: 0 | 1) => layer.parameters[of]?.gradient as Float32Array
  const classes = sizes.at(-1) as number
  switch (part) {
    case 'forward':
      return () => {
        for (const { outputs, inputs, x, weight, bias, y, hidden } of layers)
          native.matmulNT(batch, outputs, inputs, x, weight, bias, y, false, hidden)
      }
    case 'loss': {
      const [logits, gradient] = [uniform(batch * classes), alignedFloats(batch * classes)]
      const [labels, rows] = [labelsOf(batch, classes), alignedFloats(batch)]
      return () => void native.softmaxCrossEntropy(batch, classes, logits, labels, rows, gradient)
    }
    case 'weight-gradients':
      return () => {
        for (const layer of layers)
          native.matmulTN(
            layer.outputs,
            layer.inputs,
            batch,
            layer.dY,
            layer.x,
            null,
            gradientOf(layer, 0),
            false,
            false,
          )
      }
    case 'input-gradients':
      return () => {
        for (const { first, inputs, outputs, dY, weight, dX } of layers)
          if (!first) native.matmulNN(batch, inputs, outputs, dY, weight, null, dX, false, false)
      }
    case 'bias-and-relu':
      return () => {
        for (const layer of layers) {
          if (layer.hidden) native.reluGradient(layer.y, layer.dY, layer.dY)
          native.columnSums(batch, layer.outputs, layer.dY, gradientOf(layer, 1))
        }
      }
    case 'adam':
      return () => {
        for (const { parameters } of layers)
          for (const { theta, gradient, first, second } of parameters)
            native.adam(theta, gradient, first, second, 1e-3, 0.9, 0.999, 1e-8, 0.5, 0.5, 0, null, null)
      }
  }
}
