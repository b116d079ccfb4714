import type { LabelledSet } from '../../src/data/set.ts'
import { projectFile } from '../project.ts'
import { nameOf, SHAPES, type Shape } from '../speed/shapes.ts'
import type { Peer, SkippedPeer } from '../speed/subject.ts'
import type { Program } from './child.ts'
import type { Kernels } from './kernels.ts'
import { Material } from './material.ts'
import { LOOP_SAMPLES } from './names.ts'
import { startPeer } from './start.ts'

export { PeerError } from './child.ts'
export { type Refused, verify } from './start.ts'

/** Where the libraries of others are. */
export interface PeersOptions {
  /** that has PyTorch; default python3 */
  readonly python?: string
  /** whose node_modules has onnxruntime-node and TensorFlow.js; default: the project's own folder */
  readonly packages?: string
  /** started; without them, no BLAS library is found */
  readonly kernels?: Kernels | null
  /** products for PyTorch; default all */
  readonly shapes?: readonly Shape[]
  /** 784 features, 10 classes, what a Fisher looks at; default 60,000 samples of random bytes */
  readonly set?: LabelledSet
}

/** The options of the command line, for its help. */
export const PEERS_HELP = `  --peers           PyTorch, onnxruntime-node, TensorFlow.js, OpenBLAS, BLIS and oneDNN beside ours, where installed:
                    each result is compared with ours before it is timed
  --python PATH     the Python that has PyTorch (default python3); 'pip install torch' brings it
  --packages DIR    a folder whose node_modules has the npm packages (default: this project's); this brings them:
                    ONNXRUNTIME_NODE_INSTALL=skip npm install --prefix DIR onnxruntime-node @tensorflow/tfjs \\
                    @tensorflow/tfjs-backend-wasm
                    Debian has the others: libopenblas0-pthread, libblis4-pthread, libdnnl2`

/**
 * Starts every peer that is installed. Each runs in a process of its own until it is closed; nothing is timed yet.
 * The BLAS libraries are those of the kernels given.
 */
export async function peers({
  python = 'python3',
  packages = projectFile('.'),
  kernels = null,
  shapes = SHAPES,
  set,
}: PeersOptions = {}): Promise<{ found: Peer[]; skipped: SkippedPeer[] }> {
  const material = new Material(set)
  const started = await startAll(programs(python, packages, shapes, material.folder), material)
  const libraries = kernels ? [...kernels.libraries, ...kernels.absent] : LIBRARIES
  return separate([...started, ...libraries])
}

const LIBRARIES: readonly SkippedPeer[] = ['openblas', 'blis', 'onednn'].map((name) => ({
  name,
  why: 'it is timed in the program of our kernels, which does not run',
}))

function programs(python: string, packages: string, shapes: readonly Shape[], folder: string): Program[] {
  // Node runs what was built, also when a test runs the sources
  const script = (name: string) => [projectFile(`dist/bench/peers/programs/${name}.js`), folder, packages]
  const torch = projectFile('bench/peers/programs/torch_speed.py')
  return [
    // -B: leave no compiled modules beside the sources
    { name: 'pytorch', command: python, args: ['-B', torch, folder, String(LOOP_SAMPLES), ...shapes.map(nameOf)] },
    { name: 'onnxruntime-node', command: process.execPath, args: script('onnx') },
    { name: 'tfjs-wasm', command: process.execPath, args: script('tfjs') },
  ]
}

/** One after the other, for they may try what is fastest; the last to close removes the material. */
export async function startAll(programs: readonly Program[], material: Material): Promise<(Peer | SkippedPeer)[]> {
  const guard = removeAtEnd(material)
  const all: (Peer | SkippedPeer)[] = []
  for (const program of programs) all.push(await startPeer(program, material))
  let open = all.filter((one) => 'close' in one).length
  const release = () => {
    if (open === 0) guard()
  }
  release()
  return all.map((one) => {
    if (!('close' in one)) return one
    let closing: Promise<void> | null = null
    const close = async () => {
      await one.close()
      open--
      release()
    }
    return {
      ...one,
      close: () => {
        closing ??= close()
        return closing
      },
    }
  })
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

/** Removes the material when the program ends, by an interrupt too, or when what it returns is called. */
function removeAtEnd(material: Material): () => void {
  const ends = Object.entries(SIGNALS).map(([signal, status]) => ({ signal, end: () => process.exit(status) }))
  process.once('exit', material.remove)
  for (const { signal, end } of ends) process.once(signal, end)
  return () => {
    process.off('exit', material.remove)
    for (const { signal, end } of ends) process.off(signal, end)
    material.remove()
  }
}

function separate(all: readonly (Peer | SkippedPeer)[]): { found: Peer[]; skipped: SkippedPeer[] } {
  const found: Peer[] = []
  const skipped: SkippedPeer[] = []
  for (const one of all) {
    if ('close' in one) found.push(one)
    else skipped.push(one)
  }
  return { found, skipped }
}
