// Inference by onnxruntime-node: one thread, all graph optimizations. Arguments: the folder of the material, and one
// whose node_modules has the package.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { BATCHES, NETS } from '../names.ts'
import { answer, Inputs, missing, type Task } from './answer.ts'
import { onnxModel } from './onnx-model.ts'

interface Tensor {
  readonly data: Float32Array
}

interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<Session>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor
}

interface Session {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
}

const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
}

async function main([folder = '', packages = '']: readonly string[]): Promise<void> {
  const require = createRequire(join(packages, 'node_modules', 'x.js'))
  const inputs = new Inputs(folder)
  const { runtime, version } = load(require, packages)
  const tasks: Task[] = []
  for (const net of NETS) {
    const session = await runtime.InferenceSession.create(onnxModel(inputs.layers(net)), OPTIONS)
    for (const batch of BATCHES) {
      const feeds = { x: new runtime.Tensor('float32', inputs.rows(batch), [batch, net.sizes[0]]) }
      const run = () => session.run(feeds)
      const result = async () => (await run()).logits?.data ?? new Float32Array()
      tasks.push({ name: `inference/${net.name}/${batch}`, every: 1, run, result })
    }
  }
  await answer(inputs, tasks, `onnxruntime-node ${version}, one thread, CPU provider`)
}

function load(require: NodeJS.Require, packages: string): { runtime: Runtime; version: string } {
  try {
    const { version } = require('onnxruntime-node/package.json') as { version: string }
    return { runtime: require('onnxruntime-node') as Runtime, version }
  } catch (error) {
    const [why] = String(error).split('\n')
    const install = `ONNXRUNTIME_NODE_INSTALL=skip npm install --prefix ${packages} onnxruntime-node`
    return missing(`no onnxruntime-node in ${packages} (${why}); '${install}' brings it, --packages names the folder`)
  }
}

await main(process.argv.slice(2))
