import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectFile } from '../project.ts'
import { flopsOf, nameOf, SHAPES, type Shape } from '../speed/shapes.ts'
import type { Peer, SkippedPeer, Subject } from '../speed/subject.ts'
import { Child, PeerError, type Program } from './child.ts'
import { timed } from './start.ts'

/** Our kernels as C++ calls them, one thread, in a program of their own; BLAS libraries are timed in it, too. */
export interface Kernels {
  /** of the compiler */
  readonly versions: string
  /** slowest first */
  readonly tables: readonly string[]
  /** `peak/<table>` and `gemm/<M>x<N>x<K>/<form>/<table>` */
  readonly subjects: readonly Subject[]
  /** of one call of `peak/<table>`; tables keep different numbers of chains */
  peakFlops(table: string): number
  /** OpenBLAS, BLIS and oneDNN; closing them does nothing, closing these kernels does */
  readonly libraries: readonly Peer[]
  readonly absent: readonly SkippedPeer[]
  close(): Promise<void>
}

/** the portable table is exact and slow: seldom, and no product that takes it longer than a blink */
const PORTABLE = { every: 20, flops: 50e6 }

/**
 * Builds the program if it has changed, and starts it.
 * @throws PeerError when it cannot be built, such as from an installed package, which has no sources of it
 */
export async function startKernels(shapes: readonly Shape[] = SHAPES): Promise<Kernels> {
  return introduce(await Child.start(build()), shapes)
}

/** From a program that says what native/bench/main.cpp says. */
export function introduce(child: Child, shapes: readonly Shape[]): Kernels {
  const said = (what: string) =>
    child.greeting.flatMap((line) => {
      const [, name = '', rest = ''] = new RegExp(`^${what} (\\S+) (.*)$`).exec(line) ?? []
      return name ? [{ name, rest }] : []
    })
  const flops = new Map(said('table').map(({ name, rest }) => [name, Number(rest)]))
  const tables = [...flops.keys()]
  const everyOf = (table: string) => (table === 'portable' ? PORTABLE.every : 1)
  const runs = (table: string, shape: Shape) => table !== 'portable' || flopsOf(shape) <= PORTABLE.flops
  const named = (name: string, table: string) => timed(child, name, name, everyOf(table))
  return {
    versions: child.versions,
    tables,
    subjects: [
      ...tables.map((table) => named(`peak/${table}`, table)),
      ...shapes.flatMap((shape) =>
        tables.filter((table) => runs(table, shape)).map((table) => named(`${nameOf(shape)}/${table}`, table)),
      ),
    ],
    peakFlops: (table) => flops.get(table) ?? Number.NaN,
    libraries: said('library').map(({ name, rest }) => ({
      name,
      versions: `${rest}, one thread`,
      subjects: shapes.map((shape) => timed(child, nameOf(shape), `${nameOf(shape)}/${name}`)),
      async check(subject) {
        const [difference = 0, allowed = 0] = await child.numbers(`check ${subject}/${name}`, 2)
        return { difference, allowed }
      },
      close() {},
    })),
    absent: said('absent').map(({ name, rest }) => ({ name, why: rest })),
    close: () => child.close(),
  }
}

function build(): Program {
  const root = projectFile('.')
  const folder = join(root, 'build-bench')
  if (!existsSync(join(root, 'native', 'bench')))
    throw new PeerError('native_bench: this copy of the project has no C++ sources; clone it to time its kernels')
  const steps = [
    ['-S', root, '-B', folder, '-DPALIMPSEST_NATIVE_BENCH=ON'],
    ['--build', folder, '--target', 'native_bench', '--parallel', '2'],
  ]
  for (const args of steps) {
    const { error, status, stdout, stderr } = spawnSync('cmake', args, { encoding: 'utf8' })
    if (error) throw new PeerError(`native_bench: cmake does not start (${error.message})`)
    if (status !== 0)
      throw new PeerError(`native_bench does not compile:\n${`${stdout}\n${stderr}`.trim().slice(-2000)}`)
  }
  return { name: 'native_bench', command: join(folder, 'native_bench'), args: [] }
}
