import { report, stamp } from '../../bench/report.ts'
import { ownSections } from '../../bench/speed/command.ts'
import { BATCHES } from '../../bench/speed/inference.ts'
import { NETS } from '../../bench/speed/inside.ts'
import { speedPage } from '../../bench/speed/page/index.ts'
import { compare } from '../../bench/speed/peers.ts'
import { figuresOf } from '../../bench/speed/print.ts'
import { foundIn } from '../../bench/speed/run.ts'
import { subjectsOf } from '../../bench/speed/section.ts'
import { flopsOf, nameOf, SHAPES } from '../../bench/speed/shapes.ts'
import { sourceOf } from '../../bench/speed/source.ts'
import type { Peer } from '../../bench/speed/subject.ts'
import { labelledSet } from '../../src/data/index.ts'

/** A library that does not exist: `check` says how far it is off. */
export const standIn = (name: string, subjects: readonly string[], difference: number = 0): Peer => ({
  name,
  versions: `${name} 1.0, one thread`,
  subjects: subjects.map((subject) => ({ name: subject, time: () => 1 })),
  check: () => Promise.resolve({ difference, allowed: 1e-5 }),
  close: () => Promise.resolve(),
})

const inference = NETS.flatMap(({ name }) => BATCHES.map((batch) => `inference/${name}/${batch}`))
const fishers = ['exact', 'empirical', 'loop'].map((kind) => `fisher/784-100-10/${kind}`)
const STAND_INS = [
  standIn('pytorch', ['step/784-100-10/100/1', ...fishers, ...inference]),
  standIn('onnxruntime-node', inference),
  standIn('openblas', SHAPES.map(nameOf)),
]

/** times that a machine could have: what a figure takes does not matter, that all are there does */
function secondsOf(name: string, round: number): number {
  const noise = 1 + 0.05 * Math.sin(name.length + 2 * round)
  const [, m = 1, n = 1, k = 1] = (/gemm\/(\d+)x(\d+)x(\d+)/.exec(name) ?? []).map(Number)
  if (name.includes('gemm/')) return (noise * flopsOf({ m, n, k })) / 9e10
  if (name.startsWith('peak/')) return noise * 4e-5
  return noise * (name.includes('/part/') ? 5e-5 : 4e-4)
}

/** The page of every figure, peers included, from made-up samples: nothing is timed. */
export async function drawn(): Promise<string> {
  const set = labelledSet({
    name: 'zeros',
    inputs: new Uint8Array(784),
    labels: new Uint8Array(1),
    features: 784,
    classes: 10,
  })
  const own = ownSections(await sourceOf('node'), set)
  const ours = new Map(subjectsOf(own.flatMap(({ entries }) => entries)).map((subject) => [subject.name, subject]))
  const { entries, outcomes } = await compare(STAND_INS, ours, () => true)
  const sections = [...own, { id: 'peers', title: 'Other libraries', sentence: 'Theirs over ours.', entries }]
  const samples = new Map(
    subjectsOf(sections.flatMap(({ entries }) => entries)).map(({ name }) => [
      name,
      [0, 1, 2].map((round) => ({ round, seconds: secondsOf(name, round) })),
    ]),
  )
  const found = foundIn(sections, samples)
  const options = { rounds: 3 }
  return speedPage(
    found,
    report({ bench: 'speed', machine: stamp(2), options, figures: figuresOf(found), runs: outcomes }),
  )
}
