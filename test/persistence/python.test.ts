import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ewc } from '../../src/continual/ewc.ts'
import { Mlp } from '../../src/nn/mlp.ts'
import { Adam } from '../../src/optim/adam.ts'
import { readStored, writeAtomically } from '../../src/persistence/file.ts'
import { encodeSafetensors } from '../../src/persistence/safetensors.ts'
import { loadStateDict } from '../../src/persistence/state-dict.ts'
import { Learner } from '../../src/training/learner.ts'
import { blobs, drain } from '../toy.ts'
import { pythonWithSafetensors } from './python.ts'
import { memoryOf, sample } from './stored.ts'

const python = pythonWithSafetensors()
const title = python
  ? 'the Python package'
  : 'the Python package (skipped: no python3 has safetensors, and pip supplies none)'

describe.skipIf(!python)(title, () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palimpsest-python-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  function run(program: string, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(python!, ['-c', program, ...args], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    return stdout
  }

  const READ = `
import json, safetensors, sys
data = open(sys.argv[1], 'rb').read()
length = int.from_bytes(data[:8], 'little')
print(json.dumps({
  'metadata': json.loads(data[8:8 + length])['__metadata__'],
  'tensors': {name: [t['dtype'], t['shape'], bytes(t['data']).hex()] for name, t in safetensors.deserialize(data)},
}))`

  it('reads every type of ours, every bit', async () => {
    const path = join(folder, 'sample')
    await writeAtomically(path, encodeSafetensors(sample()))
    const { metadata, tensors } = JSON.parse(run(READ, path))
    expect(metadata).toMatchObject(sample().metadata)
    const dtypes: Record<string, string> = {
      Float64Array: 'F64',
      Float32Array: 'F32',
      Int32Array: 'I32',
      Uint32Array: 'U32',
      Uint8Array: 'U8',
    }
    const expected = Object.entries(sample().tensors).map(([name, tensor]) => [
      name,
      [dtypes[tensor.data.constructor.name], tensor.shape, Buffer.from(memoryOf(tensor)).toString('hex')],
    ])
    expect(tensors).toEqual(Object.fromEntries(expected))
  })

  it('reads a checkpoint, by the names in docs/saving.md', async () => {
    const model = new Mlp([6, 5, 4], { batchNorm: true, seed: 1 })
    const learner = new Learner(model, { optimizer: new Adam(), method: new Ewc({ lambda: 10 }) })
    const set = blobs({ features: 6, classes: 4 })
    await drain(learner.fit(set))
    learner.consolidate(set)
    const path = join(folder, 'checkpoint')
    await learner.save(path)
    const { metadata, tensors } = JSON.parse(run(READ, path))
    expect(metadata).toMatchObject({
      kind: 'learner',
      version: '1',
      optimizer: 'adam',
      method: 'ewc',
      'method.lambda': '10',
    })
    const [weight] = model.parameters()
    expect(tensors['model/layers.0.weight']).toEqual([
      'F32',
      [5, 6],
      Buffer.from(weight!.data.slice().buffer).toString('hex'),
    ])
    expect(tensors['method/layers.0.weight/anchor']).toEqual(tensors['model/layers.0.weight'])
    expect(Object.keys(tensors)).toEqual(
      expect.arrayContaining([
        'model/norms.0.running_var',
        'optimizer/layers.1.bias/second',
        'method/norms.0.gamma/precision',
      ]),
    )
  })

  it('writes what is read as a state dict: float16, bfloat16 and float64 too', async () => {
    const path = join(folder, 'theirs')
    run(
      `
import ctypes, safetensors, struct, sys
alive = []
def entry(dtype, shape, code, *values):
    data = struct.pack('<%d%s' % (len(values), code), *values)
    # before 0.8 a dict, since then a pointer
    if not hasattr(safetensors, 'TensorSpec'): return {'dtype': dtype, 'shape': shape, 'data': data}
    alive.append(ctypes.create_string_buffer(data, len(data)))
    return safetensors.TensorSpec(dtype=dtype, shape=shape, data_ptr=ctypes.addressof(alive[-1]), data_len=len(data))
safetensors.serialize_file({
  'fc1.weight': entry('float16', [2, 1], 'e', 0.5, -3), 'fc1.bias': entry('float32', [2], 'f', 1, 2),
  'fc2.weight': entry('float64', [2, 2], 'd', 1, 2, 3, 4), 'fc2.bias': entry('bfloat16', [2], 'H', 0x3f80, 0xc000),
}, sys.argv[1], {'format': 'pt'})`,
      path,
    )
    expect({ ...(await readStored(path)).metadata }).toEqual({ format: 'pt' })
    const model = new Mlp([1, 2, 2])
    await loadStateDict(model, path)
    expect(model.parameters().map(({ data }) => [...data])).toEqual([
      [0.5, -3],
      [1, 2],
      [1, 2, 3, 4],
      [1, -2],
    ])
  })
})
