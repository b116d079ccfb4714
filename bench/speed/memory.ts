import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { native } from '../../bindings/native.ts'
import { gatherRows } from '../../src/data/batches.ts'
import type { LabelledSet } from '../../src/data/index.ts'
import { alignedFloats } from '../../src/tensor/aligned.ts'
import { Random } from '../../src/tensor/random.ts'
import { inside, NETS, type Net, uniform } from './inside.ts'
import { withinRounds } from './measure.ts'
import { type Entry, figureOf, type Section, scaled } from './section.ts'
import type { Subject } from './subject.ts'

/** most that Adam may take, in times of moving as many bytes */
const ADAM_RATIO = 1.1
/** rows of a batch, in random order */
const GATHERED = 100
/** most microseconds of a gather of them */
const GATHER = 15
/** most seconds until both sets are there */
const LOAD = 1

export function memory(set: LabelledSet, cached: boolean): Section {
  return {
    id: 'memory',
    title: 'What memory bounds',
    sentence:
      'Adam reads 16 bytes a parameter and writes 12; the ratio is to the time that the faster of two plain loops needs to move as many, in arrays of the same size.',
    entries: [...NETS.map(adamEntry), gatherEntry(set), ...(cached ? [loadEntry()] : [])],
  }
}

export const parametersOf = ({ sizes }: Net): number =>
  sizes.slice(1).reduce((sum, size, layer) => sum + size * ((sizes[layer] as number) + 1), 0)

/** read and written, a parameter */
export const ADAM_BYTES = 28

function adamEntry(net: Net): Entry {
  const n = parametersOf(net)
  const name = `adam/${net.name}`
  const adam = inside(name, {}, () => {
    const [theta, gradient, first, second] = [uniform(n, 1), uniform(n, 2), alignedFloats(n), alignedFloats(n)]
    return () => void native.adam(theta, gradient, first, second, 1e-3, 0.9, 0.999, 1e-8, 0.5, 0.5, 0, null, null)
  })
  // both touch 16 n bytes, as Adam does; in place, since a write elsewhere would read first
  const add = inside(`move/${net.name}/add`, {}, () => {
    const [a, b] = [alignedFloats(2 * n), alignedFloats(2 * n)]
    return () => native.add(a, b, a)
  })
  const scale = inside(`move/${net.name}/scale`, {}, () => {
    const a = alignedFloats(4 * n)
    return () => native.scale(a, 1, a)
  })
  const [addBytes, scaleBytes] = [2 * 12, 4 * 8] // a parameter
  return {
    name,
    subjects: [adam, add, scale],
    figures: (samples) => [
      ...figureOf(name, scaled(samples, name, 1e6), { unit: 'us', better: 'lower', params: { parameters: n } }),
      ...figureOf(
        `${name}/bandwidth-ratio`,
        withinRounds(samples, [name, add.name, scale.name], (...times) => {
          const [taken, added, multiplied] = times as [number, number, number]
          return taken / (ADAM_BYTES * Math.min(added / addBytes, multiplied / scaleBytes))
        }),
        { unit: 'ratio', better: 'lower', target: ADAM_RATIO },
      ),
    ],
  }
}

function gatherEntry(set: LabelledSet): Entry {
  const name = 'gather/100'
  const gather = inside(name, {}, () => {
    const order = Random.from(1).shuffle(Uint32Array.from({ length: set.count }, (_, index) => index))
    const x = alignedFloats(GATHERED * set.features)
    let from = 0
    return () => {
      if (from + GATHERED > set.count) from = 0
      gatherRows(set.inputs, set.features, order.subarray(from, from + GATHERED), x)
      from += GATHERED
    }
  })
  return {
    name,
    subjects: [gather],
    figures: (samples) =>
      figureOf(name, scaled(samples, name, 1e6), {
        unit: 'us',
        better: 'lower',
        target: GATHER,
        params: { set: set.name },
      }),
  }
}

/** what loads both sets says: the seconds it took, from the first call to the last image */
const LOADER = new URL('./load-worker.js', import.meta.url)

function loadEntry(): Entry {
  const name = 'load/both'
  const load: Subject = {
    name,
    every: 25,
    async time() {
      const worker = new Worker(LOADER)
      const [[seconds]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
      return seconds as number
    },
  }
  return {
    name,
    subjects: [load],
    figures: (samples) =>
      figureOf(name, scaled(samples, name, 1), {
        unit: 's',
        better: 'lower',
        target: LOAD,
        params: { cores: availableParallelism() },
      }),
  }
}
