import { availableParallelism } from 'node:os'
import { BEST, NETS } from './inside.ts'
import { productInside } from './kernels.ts'
import { withinRounds } from './measure.ts'
import { type Entry, figureOf, type Section, scaled } from './section.ts'
import { flopsOf, nameOf, SHAPES, type Shape } from './shapes.ts'
import { stepName, stepOf } from './step.ts'
import type { Subject } from './subject.ts'

/** of products that are worth splitting, on two threads */
const LARGE = 5e8
const LARGE_SPEEDUP = 1.85

/** two, which have a target, and all that the machine has; none on a machine with one */
export const threadCounts = (cores: number = availableParallelism()): readonly number[] =>
  cores < 2 ? [] : [...new Set([2, cores])]

export function threading(counts: readonly number[] = threadCounts()): Section {
  const large = SHAPES.filter((shape) => flopsOf(shape) > LARGE && shape.m < 10_000)
  return {
    id: 'threads',
    title: 'Threads',
    sentence: 'The ratio is the time of one thread over that of several, in the same round.',
    entries: counts.flatMap((threads) => [
      ...NETS.map((net) =>
        speedup(stepOf(net), stepOf(net, threads), stepName(net, threads), threads === 2 ? net.speedup : undefined),
      ),
      ...large.map((shape) => productEntry(shape, threads)),
    ]),
  }
}

function productEntry(shape: Shape, threads: number): Entry {
  const name = `threads/${nameOf(shape)}`
  const [one, several] = [1, threads].map((count) => ({
    ...productInside(shape, BEST, count),
    name: `${name}/${count}`,
  })) as [Subject, Subject]
  return speedup(one, several, `${name}/${threads}`, threads === 2 ? LARGE_SPEEDUP : undefined)
}

function speedup(one: Subject, several: Subject, name: string, target: number | undefined): Entry {
  return {
    name,
    subjects: [one, several],
    figures: (samples) => [
      ...figureOf(name, scaled(samples, several.name, 1e6), { unit: 'us', better: 'lower' }),
      ...figureOf(
        `${name}/speedup`,
        withinRounds(samples, [one.name, several.name], (alone, together) => (alone as number) / (together as number)),
        { unit: 'ratio', better: 'higher', target },
      ),
    ],
  }
}
