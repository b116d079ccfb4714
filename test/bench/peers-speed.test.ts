import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { compare, oursOf } from '../../bench/peers/checks.ts'
import type { Program } from '../../bench/peers/child.ts'
import { joined } from '../../bench/peers/floats.ts'
import { type PeersOptions, peers, startAll, verify } from '../../bench/peers/index.ts'
import { Material } from '../../bench/peers/material.ts'
import { type Named, parseName } from '../../bench/peers/names.ts'
import { startPeer } from '../../bench/peers/start.ts'
import type { Peer } from '../../bench/speed/subject.ts'
import { labelledSet } from '../../src/data/set.ts'

const set = labelledSet({
  name: 'few',
  inputs: Uint8Array.from({ length: 500 * 784 }, (_, index) => (index * 7919) % 251),
  labels: Uint8Array.from({ length: 500 }, (_, index) => index % 10),
  features: 784,
  classes: 10,
})

let material: Material
beforeAll(() => {
  material = new Material(set)
})
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
afterAll(() => {
  material.remove()
  rmSync(folder, { recursive: true })
})

const named = (name: string): Named => {
  const found = parseName(name)
  if (!found) throw new Error(name)
  return found
}

/** a peer that leaves as its result the file of that name in its folder, if there is one, and needs 2 ms for a call */
const fake = (subjects: readonly string[]): Program => ({
  name: 'fake',
  command: process.execPath,
  args: [
    '-e',
    `for (const name of ${JSON.stringify(subjects)}) console.log('subject', name, 3)
    console.log('ready fake 1')
    const fs = require('node:fs')
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const [verb, name] = line.split(' ')
      if (name.endsWith('/32')) process.exit(9)
      const left = '${material.folder}/' + name.replaceAll('/', '_')
      if (verb === 'check' && fs.existsSync(left)) fs.copyFileSync(left, '${material.folder}/result')
      console.log(verb === 'time' ? 'ok 0.002' : 'ok')
    })`,
  ],
})

const leave = (name: string, change: (data: Float32Array) => void = () => {}) => {
  const data = joined(oursOf(named(name), material))
  change(data)
  writeFileSync(join(material.folder, name.replaceAll('/', '_')), data)
}

async function started(...subjects: string[]): Promise<Peer> {
  const peer = await startPeer(fake(subjects), material)
  if ('why' in peer) throw new Error(peer.why)
  return peer
}

describe('the name of a subject', () => {
  it.each([
    ['step/784-100-10/100/2', { kind: 'step', batch: 100 }],
    ['inference/784-1000-1000-10/1024', { kind: 'inference', batch: 1024 }],
    ['fisher/784-100-10/exact', { kind: 'fisher', estimator: 'exact', loop: false }],
    ['fisher/784-100-10/loop', { kind: 'fisher', estimator: 'exact', loop: true }],
    ['gemm/100x10x784/tn', { kind: 'gemm', m: 100, n: 10, k: 784, form: 'tn' }],
  ])('%s is understood', (name, expected) => expect(parseName(name)).toMatchObject(expected))

  it.each([
    ...['step/784-100-10/101/1', 'step/784-100/100/1', 'inference/784-100-10/0', 'inference/784-100-10/2000'],
    ...['fisher/784-100-10/toString', 'gemm/0x1x1/nt', 'gemm/1x1/nt', 'gemm/1x1x1/tt', 'gemm/1x1x1/nt/avx2', 'x', ''],
  ])('%j is not', (name) => expect(parseName(name)).toBeNull())
})

describe('the difference from ours', () => {
  it('is that of the farthest part, relative to its own size', () => {
    const small = Float32Array.from([1e-3, 0])
    const ours = [Float32Array.from([1000, 1000]), small]
    const { difference, allowed } = compare(
      named('fisher/784-100-10/exact'),
      ours,
      joined([ours[0]!, small.map((x) => x * 1.01)]),
    )
    expect(difference).toBeCloseTo(0.01, 5)
    expect(allowed).toBe(1e-3)
  })

  it('of weights counts for a hundredth after the later step', () => {
    const ours = [1, 1].map((value) => Float32Array.of(value))
    const far = (first: number, later: number) =>
      compare(named('step/784-100-10/100/1'), ours, Float32Array.of(first, later)).difference
    expect(far(1.001, 1)).toBeCloseTo(1e-3, 5)
    expect(far(1, 1.001)).toBeCloseTo(1e-5, 7)
  })

  it('of a product is the largest, and may be K roundings', () => {
    const found = compare(named('gemm/1x3x64/nt'), [Float32Array.of(1, 2, 3)], Float32Array.of(1, 2.5, 3))
    expect(found).toEqual({ difference: 0.5, allowed: 64 * 2 ** -23 })
  })

  it.each([
    ['nothing', []],
    ['too little', [1]],
    ['too much', [1, 2, 3]],
    ['no number', [1, Number.NaN]],
  ])('is infinite when they leave %s', (_, theirs) => {
    for (const name of ['inference/784-100-10/1', 'gemm/1x2x64/nt'])
      expect(compare(named(name), [Float32Array.of(1, 2)], Float32Array.from(theirs)).difference).toBe(Infinity)
  })
})

it('our logits are those of the files, computed naively in float64', () => {
  const [logits] = oursOf(named('inference/784-100-10/8'), material)
  const parameters = material.model({ name: '784-100-10', sizes: [784, 100, 10], batch: 100 }).parameters()
  const [w1, b1, w2, b2] = parameters.map(({ data }) => data)
  const times = (x: readonly number[], w: Float32Array, b: Float32Array) =>
    Array.from(b, (bias, o) => x.reduce((sum, value, i) => sum + value * w[o * x.length + i]!, bias))
  for (let row = 0; row < 8; row++) {
    const x = [...material.rows.subarray(row * 784, (row + 1) * 784)]
    const expected = times(
      times(x, w1!, b1!).map((value) => Math.max(value, 0)),
      w2!,
      b2!,
    )
    for (const [c, value] of expected.entries()) expect(logits![row * 10 + c]).toBeCloseTo(value, 4)
  }
})

describe('a peer', () => {
  it('has the subjects that we know, and says how long they take', async () => {
    const peer = await started('inference/784-100-10/1', 'inference/some-net/1', 'a b', 'gemm/2x2x2/nt')
    expect(peer.subjects.map(({ name, every }) => [name, every])).toEqual([
      ['inference/784-100-10/1', 3],
      ['gemm/2x2x2/nt', 3],
    ])
    expect(await peer.subjects[0]?.time(5)).toBe(0.002)
    expect(peer.versions).toBe('fake 1')
    await peer.close()
  })

  it('is timed on what it does as we do, and refused on the rest, with the reason', async () => {
    const same = ['step/784-100-10/100/1', 'fisher/784-100-10/exact', 'fisher/784-100-10/loop', 'gemm/9x5x7/tn']
    for (const name of same) leave(name)
    const logits = 'inference/784-100-10/8'
    leave(logits, (data) => data.set([data[3]! + 0.01], 3))
    const peer = await started(...same, logits, 'inference/784-1000-1000-10/8', 'gemm/5x5x5/nt')
    const { passed, refused } = await verify(peer, (name) => name !== 'gemm/5x5x5/nt')
    expect(passed.map(({ name }) => name)).toEqual(same)
    expect(refused).toMatchObject([
      { name: logits, why: expect.stringMatching(/^differs from ours by 0\.0\d+, more than 0\.000100$/) },
      // it left nothing, and what the one before left is gone, though it is as long
      { name: 'inference/784-1000-1000-10/8', why: expect.stringContaining('Infinity') },
    ])
    await peer.close()
  })

  it('that dies is refused on all that is left', async () => {
    const names = ['gemm/9x5x7/tn', 'inference/784-100-10/32', 'inference/784-100-10/100']
    const peer = await started(...names)
    const { passed, refused } = await verify(peer)
    expect(passed.map(({ name }) => name)).toEqual(names.slice(0, 1))
    expect(refused.map(({ why }) => why)).toEqual(Array(2).fill('fake ended with code 9'))
    await expect(passed[0]?.time(1)).rejects.toThrow('fake ended with code 9')
    await peer.close()
  })

  it('that is the last to close removes the material', async () => {
    const listeners = process.listenerCount('exit')
    const own = new Material(set)
    const found = await startAll([fake([]), { ...fake([]), command: '/nonexistent' }, fake([])], own)
    const open = found.filter((one): one is Peer => 'close' in one)
    expect(open).toHaveLength(2)
    await open[0]?.close()
    await open[0]?.close()
    expect(existsSync(own.folder)).toBe(true)
    await open[1]?.close()
    expect(existsSync(own.folder)).toBe(false)
    expect(process.listenerCount('exit')).toBe(listeners)
  })
})

describe('what is not installed', () => {
  it('is skipped by name, with how to get it, and leaves nothing behind', async () => {
    const own = join(folder, 'tmp')
    mkdirSync(own)
    vi.stubEnv('TMPDIR', own)
    const { found, skipped } = await peers({ python: '/nonexistent', packages: '/nonexistent', set })
    expect(found).toEqual([])
    expect(skipped.map(({ name }) => name)).toEqual([
      ...['pytorch', 'onnxruntime-node', 'tfjs-wasm'],
      ...['openblas', 'blis', 'onednn'],
    ])
    const why = (peer: string) => skipped.find(({ name }) => name === peer)?.why
    expect(why('pytorch')).toContain('/nonexistent')
    expect(why('onnxruntime-node')).toMatch(/npm install --prefix \/nonexistent onnxruntime-node'.*--packages/)
    expect(why('tfjs-wasm')).toMatch(
      /npm install --prefix \/nonexistent @tensorflow\/tfjs @tensorflow\/tfjs-backend-wasm'/,
    )
    expect(readdirSync(own)).toEqual([])
    vi.unstubAllEnvs()
  })

  it('a package that computes something else is found, and not timed', async () => {
    const home = join(folder, 'node_modules', 'onnxruntime-node')
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), '{ "name": "onnxruntime-node", "version": "9.9.9", "main": "index.js" }')
    writeFileSync(
      join(home, 'index.js'),
      `exports.Tensor = class { constructor(type, data, dims) { Object.assign(this, { type, data, dims }) } }
      exports.InferenceSession = {
        create: async (model) => ({
          run: async ({ x }) => {
            if (x.dims[0] === 8) throw new Error('no batch of 8')
            return { logits: { data: new Float32Array(x.dims[0] * 10) } }
          },
        }),
      }`,
    )
    const options: PeersOptions = { python: '/nonexistent', packages: folder, set }
    const { found } = await peers(options)
    expect(found.map(({ name, versions }) => [name, versions.split(',')[0]])).toEqual([
      ['onnxruntime-node', 'onnxruntime-node 9.9.9'],
    ])
    const [peer] = found as [Peer]
    expect(peer.subjects).toHaveLength(12)
    const { passed, refused } = await verify(peer, (name) => name.includes('784-100-10'))
    expect(passed).toEqual([])
    expect(refused.map(({ why }) => why.replace(/^.*: Error/, 'Error'))).toEqual([
      expect.stringMatching(/^differs/),
      'Error: no batch of 8',
      ...Array(4).fill(expect.stringMatching(/^differs/)),
    ])
    await peer.close()
  })
})
