import { PeerError } from '../peers/index.ts'
import { type Kernels as Program, startKernels } from '../peers/kernels.ts'
import { everyOf, TABLES } from './inside.ts'
import { type Kernels, kernelsInside } from './kernels.ts'
import { flopsOf, nameOf } from './shapes.ts'
import type { Subject } from './subject.ts'

/** where products are timed: as C++ calls them, or through the bindings, at some 0.2 us a call */
export const WAYS = ['native', 'node'] as const
export type Way = (typeof WAYS)[number]

export interface Source extends Kernels {
  /** null when products are timed through the bindings */
  readonly program: Program | null
  readonly sentence: string
  close(): Promise<void>
}

/** Builds and starts the program of the kernels; where that cannot be, products are timed through the bindings. */
export async function sourceOf(way: Way): Promise<Source> {
  if (way === 'node') return throughNode('Products are called from Node.')
  try {
    return outside(await startKernels())
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    return throughNode(`Products are called from Node, since there is no program of the kernels: ${error.message}`)
  }
}

const throughNode = (sentence: string): Source => ({
  ...kernelsInside(),
  program: null,
  sentence,
  close: () => Promise.resolve(),
})

function outside(program: Program): Source {
  const subjects = new Map(program.subjects.map((subject) => [subject.name, subject]))
  const named = (name: string, every: number): Subject => {
    const subject = subjects.get(name)
    if (!subject) throw new Error(`the program of the kernels has no ${name}`)
    return { name, every, time: (calls) => subject.time(calls) }
  }
  return {
    products: (shape, table) => named(`${nameOf(shape)}/${table}`, everyOf(flopsOf(shape), table)),
    peaks: TABLES.map((table) => ({ subject: named(`peak/${table}`, 1), flops: program.peakFlops(table) })),
    program,
    sentence: `Products are called from C++ (GCC ${program.versions.replace(/^compiler /, '')}).`,
    close: () => program.close(),
  }
}
