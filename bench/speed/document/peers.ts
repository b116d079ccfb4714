import { number } from '../print.ts'
import type { SpeedReport } from '../saved.ts'
import { table } from './tables.ts'

const PEERS = ['pytorch', 'onnxruntime-node', 'tfjs-wasm', 'openblas', 'blis', 'onednn'] as const

const ROWS: readonly (readonly [what: string, name: string])[] = [
  ['step/784-100-10/100/1', 'training step, 784-100-10, batch 100'],
  ['step/784-1000-1000-10/256/1', 'training step, 784-1000-1000-10, batch 256'],
  ...['784-100-10', '784-1000-1000-10'].flatMap((net) =>
    [1, 32, 1024].map((batch) => [`inference/${net}/${batch}`, `inference, ${net}, batch ${batch}`] as const),
  ),
  ['fisher/784-100-10/exact', 'exact Fisher of 60,000 samples'],
  ['fisher/784-100-10/loop', 'its loop over samples'],
  ['gemm/geometric-mean', 'products, geometric mean'],
]

/** Their time over ours, one thread each; empty where a library does not do it. */
export function peers({ figures }: SpeedReport): string {
  const ratios = new Map(figures.map(({ name, value }) => [name, value]))
  const cell = (peer: string, what: string) => {
    const ratio = ratios.get(`peer/${peer}/${what}/ratio`)
    return ratio === undefined ? '' : number(ratio)
  }
  return table(
    ['their time over ours', ...PEERS],
    ROWS.map(([what, name]) => [name, ...PEERS.map((peer) => cell(peer, what))]),
  )
}
