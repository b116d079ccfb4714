// TensorFlow.js on its WebAssembly backend: the step and inference, one thread. Arguments: the folder of the material,
// and one whose node_modules has the packages.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { joined } from '../floats.ts'
import { BATCHES, NETS, type Net } from '../names.ts'
import { answer, Inputs, type Layer, missing, type Task } from './answer.ts'

interface Tensor {
  dataSync(): Float32Array
  dispose(): void
}

interface TensorFlow {
  readonly version: { readonly tfjs: string }
  readonly train: {
    adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer
  }
  readonly losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor }
  setBackend(name: string): Promise<boolean>
  tensor2d(data: Float32Array, shape: readonly [number, number]): Tensor
  tensor1d(data: Float32Array | Uint8Array, type: 'float32' | 'int32'): Tensor
  variable(tensor: Tensor): Tensor
  transpose(x: Tensor): Tensor
  oneHot(labels: Tensor, depth: number): Tensor
  matMul(a: Tensor, b: Tensor): Tensor
  add(a: Tensor, b: Tensor): Tensor
  relu(x: Tensor): Tensor
  cast(x: Tensor, type: 'float32'): Tensor
  tidy<T>(compute: () => T): T
}

interface Optimizer {
  minimize(loss: () => Tensor, returnCost: false): void
}

interface Backend {
  setThreadsCount(count: number): void
  setWasmPaths(folder: string): void
}

const PACKAGES = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'] as const
const COMPARED_STEPS = [1, 5]

async function main([folder = '', packages = '']: readonly string[]): Promise<void> {
  const inputs = new Inputs(folder)
  const { tf, wasm, path } = load(packages)
  wasm.setThreadsCount(1)
  wasm.setWasmPaths(path)
  if (!(await tf.setBackend('wasm'))) missing('its WebAssembly backend does not start')
  const programs = new Programs(tf, inputs)
  const tasks = NETS.flatMap((net) => [programs.step(net), ...BATCHES.map((batch) => programs.inference(net, batch))])
  await answer(inputs, tasks, `TensorFlow.js ${tf.version.tfjs}, backend wasm, one thread`)
}

class Programs {
  readonly #tf: TensorFlow
  readonly #inputs: Inputs

  constructor(tf: TensorFlow, inputs: Inputs) {
    this.#tf = tf
    this.#inputs = inputs
  }

  inference(net: Net, batch: number): Task {
    const tf = this.#tf
    // made outside of tidy, which would take them away
    const made = once(() => ({ layers: this.#variables(net), x: this.#x(net, batch) }))
    const logits = () => {
      const { layers, x } = made()
      return tf.tidy(() => this.#forward(layers, x).dataSync())
    }
    return { name: `inference/${net.name}/${batch}`, every: net === NETS[0] ? 1 : 2, run: logits, result: logits }
  }

  step(net: Net): Task {
    const run = once(() => this.#training(net).run)
    const result = () => {
      const { run, weights } = this.#training(net)
      const kept = Array.from({ length: Math.max(...COMPARED_STEPS) }, (_, step) => {
        run()
        return COMPARED_STEPS.includes(step + 1) ? weights() : []
      })
      return joined(kept.flat())
    }
    return { name: `step/${net.name}/${net.batch}/1`, every: net === NETS[0] ? 1 : 5, run: () => run()(), result }
  }

  #training(net: Net): { run: () => void; weights: () => Float32Array[] } {
    const tf = this.#tf
    const layers = this.#variables(net)
    const x = this.#x(net, net.batch)
    const labels = tf.tensor1d(this.#inputs.labels(net.batch), 'int32')
    const y = tf.cast(tf.oneHot(labels, net.sizes.at(-1) as number), 'float32')
    // its own default epsilon is larger
    const adam = tf.train.adam(1e-3, 0.9, 0.999, 1e-8)
    const loss = () => tf.losses.softmaxCrossEntropy(y, this.#forward(layers, x))
    return {
      run: () => adam.minimize(loss, false),
      weights: () =>
        tf.tidy(() => layers.flatMap(([weight, bias]) => [tf.transpose(weight).dataSync(), bias.dataSync()])),
    }
  }

  #x(net: Net, batch: number): Tensor {
    return this.#tf.tensor2d(this.#inputs.rows(batch), [batch, net.sizes[0]])
  }

  /** as its layers keep them: W[I, O] */
  #variables(net: Net): [Tensor, Tensor][] {
    const tf = this.#tf
    return this.#inputs
      .layers(net)
      .map(({ inputs, outputs, weight, bias }: Layer): [Tensor, Tensor] => [
        tf.variable(tf.transpose(tf.tensor2d(weight, [outputs, inputs]))),
        tf.variable(tf.tensor1d(bias, 'float32')),
      ])
  }

  #forward(layers: readonly [Tensor, Tensor][], x: Tensor): Tensor {
    const tf = this.#tf
    return layers.reduce((hidden, [weight, bias], index) => {
      const sum = tf.add(tf.matMul(hidden, weight), bias)
      return index < layers.length - 1 ? tf.relu(sum) : sum
    }, x)
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function load(packages: string): { tf: TensorFlow; wasm: Backend; path: string } {
  const require = createRequire(join(packages, 'node_modules', 'x.js'))
  try {
    const [tf, wasm] = PACKAGES.map((name) => require(name)) as [TensorFlow, Backend]
    // the binaries lie beside the package's entry
    return { tf, wasm, path: `${dirname(require.resolve(PACKAGES[1]))}/` }
  } catch (error) {
    const [why] = String(error).split('\n')
    const install = `npm install --prefix ${packages} ${PACKAGES.join(' ')}`
    return missing(
      `no ${PACKAGES.join(' and ')} in ${packages} (${why}); '${install}' brings them, --packages names the folder`,
    )
  }
}

await main(process.argv.slice(2))
