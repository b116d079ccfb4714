import { median, summarize } from '../format.ts'
import { type PeersOptions, peers, verify } from '../peers/index.ts'
import type { Figure } from '../report.ts'
import { BEST, SMALL } from './inside.ts'
import { type Samples, withinRounds } from './measure.ts'
import { type Entry, figureOf, matches, type Section, subjectsOf } from './section.ts'
import { nameOf, SHAPES } from './shapes.ts'
import type { Peer, Subject } from './subject.ts'

/** What became of a library: skipped, or compared; a subject whose result is not ours is refused, and not timed. */
export interface Outcome {
  readonly peer: string
  readonly versions?: string
  readonly skipped?: string
  /** compared with ours, and the same */
  readonly passed?: readonly string[]
  readonly refused?: readonly { readonly name: string; readonly why: string }[]
}

export interface Compared {
  readonly section: Section
  readonly outcomes: readonly Outcome[]
  close(): Promise<void>
}

/** theirs over ours, at least */
function targetOf(peer: string, what: string): number | undefined {
  if (peer === 'pytorch' && what === `fisher/${SMALL.name}/exact`) return 1 / 0.85
  if (peer === 'pytorch' && what === `fisher/${SMALL.name}/loop`) return 300
  if (peer === 'onnxruntime-node' && what.startsWith('inference/')) return 1
  return undefined
}

/** of which a library must do all for its mean to count */
const PRODUCTS = SHAPES.filter(({ compared }) => compared).map(nameOf)

/** what of ours does the same: of products, the table that runs by itself; of loops over samples, the squared trick */
export function oursFor(what: string): string {
  if (what.startsWith('gemm/')) return `${what}/${BEST}`
  return what.replace(/^(fisher\/.*)\/loop-empirical$/, '$1/empirical').replace(/^(fisher\/.*)\/loop$/, '$1/exact')
}

/** Starts every peer and checks what stands beside one of our subjects; what passes is timed right after ours. */
export async function comparePeers(
  options: PeersOptions,
  own: readonly Section[],
  only: readonly string[] | null,
): Promise<Compared> {
  const ours = new Map(subjectsOf(own.flatMap(({ entries }) => entries)).map((subject) => [subject.name, subject]))
  const wanted = (name: string) => matches(name, only)
  const { found, skipped } = await peers(options)
  const close = async () => {
    for (const peer of found) await peer.close()
  }
  try {
    const { entries, outcomes } = await compare(found, ours, wanted)
    const section = {
      id: 'peers',
      title: 'Other libraries',
      sentence: 'The ratio is their time over ours in the same round: above 1 we are faster.',
      entries,
    }
    const absent = skipped.map(({ name, why }) => ({ peer: name, skipped: why }))
    return { section, outcomes: [...outcomes, ...absent], close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function compare(
  found: readonly Peer[],
  ours: ReadonlyMap<string, Subject>,
  wanted: (name: string) => boolean,
): Promise<{ readonly entries: readonly Entry[]; readonly outcomes: readonly Outcome[] }> {
  const entries: Entry[] = []
  const outcomes: Outcome[] = []
  for (const peer of found) {
    const inMean = (what: string) => PRODUCTS.includes(what) && wanted(meanName(peer))
    const { passed, refused } = await verify(
      peer,
      (what) => ours.has(oursFor(what)) && (wanted(nameFor(peer, what)) || inMean(what)),
    )
    const pairs = passed.flatMap((theirs) => {
      const own = ours.get(oursFor(theirs.name))
      return own ? [pairOf(peer, own, theirs)] : []
    })
    entries.push(...pairs.map((pair) => pairEntry(pair, peer)), ...meanEntry(pairs, peer))
    outcomes.push({ peer: peer.name, versions: peer.versions, passed: passed.map(({ name }) => name), refused })
  }
  return { entries, outcomes }
}

const nameFor = (peer: Peer, what: string) => `peer/${peer.name}/${what}`
const meanName = (peer: Peer) => `peer/${peer.name}/gemm/geometric-mean`

interface Pair {
  readonly what: string
  readonly ours: Subject
  readonly theirs: Subject
}

/** sampled in rounds in which ours is */
function pairOf(peer: Peer, ours: Subject, theirs: Subject): Pair {
  const { every = 1 } = ours
  const subject: Subject = {
    name: nameFor(peer, theirs.name),
    every: every * Math.ceil((theirs.every ?? 1) / every),
    time: (calls) => theirs.time(calls),
  }
  return { what: theirs.name, ours, theirs: subject }
}

const ratiosOf = (samples: Samples, { ours, theirs }: Pair) =>
  withinRounds(samples, [ours.name, theirs.name], (own, other) => (other as number) / (own as number))

const secondsOf = (samples: Samples, { name }: Subject) =>
  median((samples.get(name) ?? []).map(({ seconds }) => seconds))

function pairEntry(pair: Pair, peer: Peer): Entry {
  const { name } = pair.theirs
  return {
    name,
    subjects: [pair.ours, pair.theirs],
    figures: (samples) =>
      figureOf(`${name}/ratio`, ratiosOf(samples, pair), {
        unit: 'ratio',
        better: 'higher',
        target: targetOf(peer.name, pair.what),
        params: {
          versions: peer.versions,
          theirSeconds: secondsOf(samples, pair.theirs),
          ourSeconds: secondsOf(samples, pair.ours),
        },
      }),
  }
}

/** over the medians of all compared products; its deviation is theirs */
function meanEntry(pairs: readonly Pair[], peer: Peer): Entry[] {
  const products = pairs.filter(({ what }) => PRODUCTS.includes(what))
  if (products.length < PRODUCTS.length) return []
  const name = meanName(peer)
  return [
    {
      name,
      subjects: [], // the products' own entries have them
      figures: (samples): Figure[] => {
        const medians = products.map((pair) => median(ratiosOf(samples, pair)))
        const value = Math.exp(medians.reduce((sum, ratio) => sum + Math.log(ratio), 0) / medians.length)
        if (!Number.isFinite(value)) return []
        const { n, std } = summarize(medians)
        const params = { versions: peer.versions, products: products.map(({ what }) => what) }
        return [{ name: `${name}/ratio`, value, unit: 'ratio', n, std, better: 'higher', target: 1, params }]
      },
    },
  ]
}

/** Lines that say which libraries stood beside ours, and what was not timed. */
export function outcomeLines(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ peer, versions, skipped, passed = [], refused = [] }) => [
    skipped === undefined
      ? `${peer}: ${versions}; ${passed.length} results are as ours`
      : `${peer} is skipped: ${skipped}`,
    ...refused.map(({ name, why }) => `  not timed: ${name}: ${why}`),
  ])
}
