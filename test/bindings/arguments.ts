import { between, type Numbers, stream } from '../numbers.ts'

export type Dtype = 'Float32Array' | 'Float64Array' | 'Uint32Array' | 'Uint8Array'

export interface ArrayArgument {
  readonly kind: 'array'
  readonly name: string
  readonly dtype: Dtype
  /** the sizes whose product its length must be */
  readonly length: readonly string[]
  readonly role: 'input' | 'output'
  readonly optional?: true
  /** the size that every element must be below */
  readonly below?: string
  /** variances */
  readonly positive?: true
  /** no other argument depends on its length */
  readonly anyLength?: true
}

export type Argument =
  | ArrayArgument
  | { readonly kind: 'size'; readonly name: string; readonly least: number; readonly below?: string }
  | {
      readonly kind: 'number'
      readonly name: string
      readonly low: number
      readonly high: number
      readonly bad: number[]
    }
  | { readonly kind: 'flag'; readonly name: string; readonly value: boolean }
  | { readonly kind: 'text'; readonly name: string; readonly value: string }

/** What an export takes, in order. */
export interface Call {
  readonly takes: readonly Argument[]
  /** other choices of some arguments, by name */
  readonly variants?: readonly Readonly<Record<string, null | boolean | number>>[]
  /** inputs whose very memory the output may be */
  readonly inPlace?: readonly string[]
  /** it takes any number of layers: with fewer arguments, others mean something else */
  readonly variadic?: true
}

export const size = (name: string, least = 1): Argument => ({ kind: 'size', name, least })
export const flag = (name: string): Argument => ({ kind: 'flag', name, value: false })
export const number = (name: string, low: number, high: number, ...bad: number[]): Argument => ({
  kind: 'number',
  name,
  low,
  high,
  bad: [...bad, NaN, Infinity, -Infinity, 1e39],
})
type More = Partial<Pick<ArrayArgument, 'dtype' | 'optional' | 'below' | 'positive' | 'anyLength'>>
export const input = (name: string, length: string, more: More = {}): Argument => ({
  kind: 'array',
  name,
  dtype: 'Float32Array',
  length: length.split(' '),
  role: 'input',
  ...more,
})
export const output = (name: string, length: string, more: More = {}): Argument => ({
  ...(input(name, length, more) as ArrayArgument),
  role: 'output',
})
export const bytes = { dtype: 'Uint8Array' } as const
export const doubles = { dtype: 'Float64Array' } as const
export const words = { dtype: 'Uint32Array' } as const

const ARRAYS = { Float32Array, Float64Array, Uint32Array, Uint8Array } as const

export const makeArray = (dtype: Dtype, length: number): Numbers => new ARRAYS[dtype](length)

export type Sizes = Readonly<Record<string, number>>

/** every size that a call names or implies */
export function sizesOf(call: Call): string[] {
  const names = call.takes.flatMap((taken) => {
    if (taken.kind === 'array') return taken.length
    return taken.kind === 'size' && taken.below === undefined ? [taken.name] : []
  })
  return [...new Set(names)]
}

/** the least value of a size */
export const leastOf = (call: Call, name: string): number =>
  call.takes.find((taken) => taken.kind === 'size' && taken.name === name && taken.least > 1) ? 2 : 1

const FIXED: Sizes = { one: 1, two: 2 }

export const lengthOf = (argument: ArrayArgument, sizes: Sizes): number =>
  argument.length.reduce((product, name) => product * (FIXED[name] ?? (sizes[name] as number)), 1)

export type Filled = (next: () => number, length: number) => Float32Array

/** Arguments that the call accepts, by name, in order. */
export function draw(call: Call, sizes: Sizes, seed: number, floats: Filled): Map<string, unknown> {
  const next = stream(seed)
  const one = (taken: Argument): unknown => {
    if (taken.kind === 'size') return taken.below === undefined ? sizes[taken.name] : next() % (sizes[taken.below] ?? 1)
    if (taken.kind === 'number') return between(next, taken.low, taken.high)
    if (taken.kind === 'flag' || taken.kind === 'text') return taken.value
    const array = makeArray(taken.dtype, lengthOf(taken, sizes))
    const limit = taken.below === undefined ? 256 : Math.min(256, sizes[taken.below] as number)
    if (taken.dtype === 'Float32Array' || taken.dtype === 'Float64Array') array.set(floats(next, array.length))
    else for (let index = 0; index < array.length; index++) array[index] = next() % limit
    if (taken.positive)
      array.forEach((value, index) => {
        array[index] = Math.abs(value)
      })
    return array
  }
  return new Map(call.takes.map((taken) => [taken.name, one(taken)]))
}
