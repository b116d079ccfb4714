import { UsageError } from '../../options.ts'
import type { Report } from '../../report.ts'
import { NETS, type Net, stepFlops } from '../inside.ts'
import { ADAM_BYTES, parametersOf } from '../memory.ts'
import { PARTS, type Part } from '../parts.ts'
import { flopsOf, nameOf, SHAPES, type Shape } from '../shapes.ts'
import { stepName } from '../step.ts'

/**
 * What one core of the processor of docs/speed.md reads from each level, in GB/s, and the cycles that its divider takes
 * for the division and the square root of 16 parameters. Measured once, not by a command.
 */
export const BANDWIDTHS = { L1: 215, L2: 117, L3: 90, DRAM: 25 } as const
export const DIVIDER_CYCLES = 17.7
/** multiplications and additions of a cycle, at the peak */
const FLOPS_A_CYCLE = 32

/** The figures of a report; one that is missing is an error. */
export function valuesOf({ figures }: Pick<Report, 'figures'>): (name: string) => number {
  const byName = new Map(figures.map(({ name, value }) => [name, value]))
  return (name) => {
    const value = byName.get(name)
    if (value === undefined) throw new UsageError(`--document: the report has no figure ${name}`)
    return value
  }
}

export interface Bounded {
  readonly part: Part | 'rest'
  /** microseconds */
  readonly time: number
  /** the least that the hardware allows, in microseconds; null for what has no such limit */
  readonly bound: number | null
}

export interface BoundedStep {
  readonly net: Net
  readonly time: number
  /** of its products at the FMA peak */
  readonly products: number
  readonly parts: readonly Bounded[]
}

/** The parts of a step, each beside its own bound. */
export function boundedSteps(report: Report): BoundedStep[] {
  const value = valuesOf(report)
  return NETS.map((net): BoundedStep => {
    const name = stepName(net)
    const time = value(name)
    const products = time / value(`${name}/bound-ratio`)
    const bounds = boundsOf(net, products, value)
    const parts = PARTS.map((part): Bounded => ({ part, time: value(`${name}/part/${part}`), bound: bounds[part] }))
    const rest = time - parts.reduce((sum, part) => sum + part.time, 0)
    return { net, time, products, parts: [...parts, { part: 'rest', time: rest, bound: null }] }
  })
}

function boundsOf(net: Net, products: number, value: (name: string) => number): Record<Part, number | null> {
  const { sizes, batch } = net
  const layers = sizes.slice(1).map((outputs, layer) => 2 * batch * outputs * (sizes[layer] as number))
  const flops = layers.reduce((sum, one) => sum + one, 0)
  const atPeak = (some: number) => (products * some) / stepFlops(sizes, batch)
  const hidden = sizes.slice(1, -1).reduce((sum, size) => sum + size, 0)
  return {
    forward: atPeak(flops),
    'weight-gradients': atPeak(flops),
    'input-gradients': atPeak(flops - (layers[0] as number)),
    // ReLU reads 8 bytes of a hidden output and writes 4, the sums read 4: from the second cache
    'bias-and-relu': (16 * batch * hidden) / BANDWIDTHS.L2 / 1e3,
    loss: null,
    adam: Math.max(...Object.values(adamBounds(net, value))),
  }
}

/** Microseconds in which an update could be moved, and divided. */
export function adamBounds(
  net: Net,
  value: (name: string) => number,
): { readonly memory: number; readonly divider: number } {
  const { name, sizes, batch } = net
  const step = stepName(net)
  const flopsAMicrosecond = (stepFlops(sizes, batch) * value(`${step}/bound-ratio`)) / value(step)
  const vectors = parametersOf(net) / 16
  return {
    memory: value(`adam/${name}`) / value(`adam/${name}/bandwidth-ratio`),
    divider: (vectors * DIVIDER_CYCLES * FLOPS_A_CYCLE) / flopsAMicrosecond,
  }
}

/** Something under the roof. */
export interface Point {
  readonly name: string
  readonly kind: 'product' | 'memory'
  /** floating-point operations a byte that has to move at least */
  readonly intensity: number
  /** GF/s */
  readonly rate: number
}

const ADAM_FLOPS = 13

export function roofPoints(report: Report): Point[] {
  const value = valuesOf(report)
  const products = SHAPES.map((shape): Point => {
    const { m, n, k } = shape
    const intensity = flopsOf(shape) / (4 * (m * k + k * n + m * n))
    return { name: title(shape), kind: 'product', intensity, rate: value(`${nameOf(shape)}/${report.machine.isa}`) }
  })
  const adams = NETS.map((net): Point => {
    const rate = (ADAM_FLOPS * parametersOf(net)) / value(`adam/${net.name}`) / 1e3
    return { name: `Adam, ${net.name}`, kind: 'memory', intensity: ADAM_FLOPS / ADAM_BYTES, rate }
  })
  // a pixel is a byte, becomes 4, and is multiplied once
  const gather: Point = {
    name: 'a batch is gathered',
    kind: 'memory',
    intensity: 1 / 5,
    rate: 78_400 / value('gather/100') / 1e3,
  }
  return [...products, ...adams, gather]
}

export const title = ({ m, n, k, form }: Shape): string => `${m} × ${n} × ${k} ${form.toUpperCase()}`
