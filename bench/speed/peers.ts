import { median, summarize } from '../format.ts'
import type { Figure } from '../report.ts'
import { BEST, SMALL } from './inside.ts'
import { type Samples, withinRounds } from './measure.ts'
import { type Entry, figureOf, type Section } from './section.ts'
import { nameOf, SHAPES } from './shapes.ts'
import type { Difference, Peer, Subject } from './subject.ts'

/** A result that is not ours, or none at all: it is reported, and not timed. */
export interface Refused {
  readonly peer: string
  readonly subject: string
  readonly why: string
}

/** What was compared before it was timed. */
export interface Checked extends Difference {
  readonly peer: string
  readonly subject: string
}

export interface Compared {
  readonly section: Section
  readonly checked: readonly Checked[]
  readonly refused: readonly Refused[]
}

/** theirs over ours, at least */
function targetOf(peer: string, what: string): number | undefined {
  if (peer === 'pytorch' && what === `fisher/${SMALL.name}/exact`) return 1 / 0.85
  if (peer === 'pytorch' && what === `fisher/${SMALL.name}/loop`) return 300
  if (peer === 'onnxruntime' && what.startsWith('inference/')) return 1
  return undefined
}

/** products that are compared, all of which a library must do for its mean to count */
const PRODUCTS = SHAPES.filter(({ compared }) => compared).map(nameOf)

/** what of ours does the same: of products, the table that runs by itself */
export function oursFor(what: string): string {
  if (what.startsWith('gemm/')) return `${what}/${BEST}`
  return what === `fisher/${SMALL.name}/loop` ? `fisher/${SMALL.name}/exact` : what
}

/** Checks every subject of the peers that one of ours stands beside; what passes is timed right after ours. */
export async function compare(
  peers: readonly Peer[],
  ours: ReadonlyMap<string, Subject>,
  wanted: (name: string) => boolean,
): Promise<Compared> {
  const checked: Checked[] = []
  const refused: Refused[] = []
  const entries: Entry[] = []
  for (const peer of peers) {
    const pairs: Pair[] = []
    for (const theirs of peer.subjects) {
      const own = ours.get(oursFor(theirs.name))
      const name = `peer/${peer.name}/${theirs.name}`
      if (!own || !(wanted(name) || (wanted(meanName(peer.name)) && PRODUCTS.includes(theirs.name)))) continue
      const why = await check(peer, theirs.name, checked)
      if (why === null)
        pairs.push({
          name,
          what: theirs.name,
          ours: own,
          theirs: { ...theirs, name, time: (calls) => theirs.time(calls) },
        })
      else refused.push({ peer: peer.name, subject: theirs.name, why })
    }
    entries.push(...pairs.map((pair) => pairEntry(pair, peer)), ...meanEntry(pairs, peer))
  }
  const section: Section = {
    id: 'peers',
    title: 'Other libraries',
    sentence:
      'The ratio is their time over ours in the same round: above 1 we are faster. Each result was compared with ours first.',
    entries,
  }
  return { section, checked, refused }
}

/** why it is refused, or null */
async function check(peer: Peer, subject: string, checked: Checked[]): Promise<string | null> {
  try {
    const { difference, allowed } = await peer.check(subject)
    checked.push({ peer: peer.name, subject, difference, allowed })
    return difference <= allowed ? null : `its result differs from ours by ${difference}, allowed is ${allowed}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Pair {
  readonly name: string
  readonly what: string
  readonly ours: Subject
  readonly theirs: Subject
}

const ratiosOf = (samples: Samples, { ours, theirs }: Pair) =>
  withinRounds(samples, [ours.name, theirs.name], (own, other) => (other as number) / (own as number))

const secondsOf = (samples: Samples, { name }: Subject) =>
  median((samples.get(name) ?? []).map(({ seconds }) => seconds))

function pairEntry(pair: Pair, peer: Peer): Entry {
  return {
    name: pair.name,
    subjects: [pair.ours, pair.theirs],
    figures: (samples) =>
      figureOf(`${pair.name}/ratio`, ratiosOf(samples, pair), {
        unit: 'ratio',
        better: 'higher',
        target: targetOf(peer.name, pair.what),
        params: {
          versions: peer.versions,
          theirs: secondsOf(samples, pair.theirs),
          ours: secondsOf(samples, pair.ours),
        },
      }),
  }
}

const meanName = (peer: string) => `peer/${peer}/gemm/geometric-mean`

/** over the medians of all compared products; its deviation is theirs */
function meanEntry(pairs: readonly Pair[], peer: Peer): Entry[] {
  const products = pairs.filter(({ what }) => PRODUCTS.includes(what))
  if (products.length < PRODUCTS.length) return []
  const name = meanName(peer.name)
  return [
    {
      name,
      subjects: products.flatMap(({ ours, theirs }) => [ours, theirs]),
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
