import type { MethodState } from '../../../src/continual/index.ts'

type Numbers = Float32Array | Float64Array | Uint8Array

/** A state as a file might hold it, right or wrong. */
export interface Edited {
  method: string
  numbers: Record<string, number>
  arrays: Record<string, Numbers>
}

const ODD = [0, -1, NaN, Infinity, -Infinity, 0.5, 1, 2, 3, 7, 255, 256, 65_536, 2 ** 31, 2 ** 53, 1e300, -1e-300, 1e38]
const TYPES = [Float32Array, Float64Array, Uint8Array] as const

/** A copy of the state, changed by every four bytes of the script: what to do, to which entry, where, with what. */
export function edit(state: MethodState, script: Uint8Array): Edited {
  const edited: Edited = {
    method: state.method,
    numbers: { ...state.numbers },
    arrays: Object.fromEntries(Object.entries(state.arrays).map(([name, array]) => [name, array.slice() as Numbers])),
  }
  for (let at = 0; at + 4 <= script.length; at += 4) {
    const [what = 0, which = 0, where = 0, value = 0] = script.subarray(at, at + 4)
    change(edited, what, { which, where, odd: ODD[value % ODD.length] as number, value })
  }
  return edited
}

interface How {
  readonly which: number
  readonly where: number
  readonly odd: number
  readonly value: number
}

function change(edited: Edited, what: number, { which, where, odd, value }: How): void {
  const names = Object.keys(edited.arrays)
  const name = names[which % Math.max(names.length, 1)] ?? 'none'
  const array = edited.arrays[name] ?? new Float32Array(1)
  const counters = Object.keys(edited.numbers)
  const counter = counters[which % Math.max(counters.length, 1)] ?? 'none'
  switch (what % 11) {
    case 0:
      edited.numbers[counter] = odd
      break
    case 1:
      delete edited.numbers[counter]
      break
    case 2:
      delete edited.arrays[name]
      break
    case 3:
    case 4:
      if (array.length > 0) array[where % array.length] = odd
      break
    case 5:
      edited.arrays[name] = array.slice(0, Math.max(0, array.length - 1 - (where % 8))) as Numbers
      break
    case 6:
      edited.arrays[name] = longer(array, 1 + (where % 8))
      break
    case 7:
      edited.arrays[name] = (TYPES[value % TYPES.length] as typeof Float64Array).from(array)
      break
    case 8: {
      const other = names[where % Math.max(names.length, 1)] ?? 'none'
      edited.arrays[name] = edited.arrays[other] ?? array
      edited.arrays[other] = array
      break
    }
    case 9:
      edited.arrays[`statistics/${where % 6}`] = array
      break
    default:
      if (value < 32) edited.method = `${edited.method}x`
      else array.fill(odd)
  }
}

function longer(array: Numbers, by: number): Numbers {
  const result = Reflect.construct(array.constructor, [array.length + by]) as Numbers
  result.set(array)
  return result
}
