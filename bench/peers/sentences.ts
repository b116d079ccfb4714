import { existsSync } from 'node:fs'
import { BANDS, type Row } from '../article/figures.ts'
import { accuracy, duration, summarize } from '../format.ts'
import { committed, projectFile } from '../project.ts'
import type { Figure } from '../report.ts'
import { type PeersReport, SETUPS, type Skipped } from './measure.ts'

export interface Line {
  readonly title: string
  readonly threads: number
  readonly seconds: number
  readonly ratio: number
}

/** What PyTorch took, a line a setup. */
export const linesOf = ({ figures }: PeersReport): Line[] =>
  SETUPS.flatMap(({ name, title }) =>
    figures
      .filter((figure) => figure.name === `peer/pytorch/${name}/ratio`)
      .map(({ value, params }) => ({
        title,
        threads: Number(params?.threads),
        seconds: Number(params?.seconds),
        ratio: value,
      })),
  )

export const oursOf = ({ figures }: PeersReport): number =>
  figures.find(({ name }) => name === 'article/published-run-seconds')?.value ?? Number.NaN

/** The committed measurement, if there is one. */
export function committedPeers(): PeersReport | null {
  return existsSync(projectFile('bench/results/peers.json')) ? committed<PeersReport>('peers') : null
}

const publishedRuns = (rows: readonly Row[]) =>
  rows.find(({ recipe, method }) => recipe === 'published' && method === 'ewc')?.runs ?? []

/** How long the article's experiment took, and what PyTorch takes: measured now, else as committed. */
export function speedSentences(rows: readonly Row[], measured: PeersReport | Skipped | null, whole: boolean): string[] {
  const runs = publishedRuns(rows)
  const { n, mean } = summarize(runs.map(({ seconds }) => seconds))
  const took =
    n === 0
      ? []
      : [
          `The article's experiment (published, ewc${whole ? '' : '; not the whole of it'}) took us ${duration(mean)}${meanOf(n)}.`,
        ]
  if (measured && 'skipped' in measured) return [...took, `PyTorch was skipped: ${measured.skipped}.`]
  if (measured) return [...took, `${peersSentence(measured)}.`, accuracySentence(measured)]
  const committed = whole && n > 0 ? committedPeers() : null
  if (!committed) return took
  const { date, machine } = committed
  const where = `measured on ${machine.cpu}, ${date.slice(0, 10)}; --peers measures here`
  return [...took, `${peersSentence(committed)} (${where}).`]
}

const meanOf = (n: number) => (n === 1 ? '' : `, the mean of ${n} runs`)

export function peersSentence(peers: PeersReport): string {
  const { torch } = peers.options
  const theirs = linesOf(peers).map(
    ({ title, threads, seconds, ratio }) =>
      `${duration(seconds)} ${title}${threads === 1 ? ' (' : ` (${threads}; `}${ratio.toFixed(1)} times ours)`,
  )
  return `PyTorch ${torch} took ${theirs.join(', ')}; ours, beside it, ${duration(oursOf(peers))}; one thread each where none is named`
}

/** That the Python program does the same work shows in its accuracies. */
export function accuracySentence({ runs }: PeersReport): string {
  const parts = (['mnist', 'fashion'] as const).map((what) => {
    const [least, most] = BANDS.ewc[what]
    const { mean } = summarize(runs.map((run) => run[what]))
    return `${accuracy(mean)} (band ${accuracy(least)} to ${accuracy(most)})`
  })
  return `Its accuracies, the mean of ${runs.length} runs: MNIST ${parts[0]}, Fashion-MNIST ${parts[1]}.`
}

/** For the article's JSON: the peers' figures, or the mean of the published runs that went on beside others. */
export function speedFigures(rows: readonly Row[], measured: PeersReport | Skipped | null, threads: number): Figure[] {
  if (measured && !('skipped' in measured)) return [...measured.figures]
  const { n, mean, std } = summarize(publishedRuns(rows).map(({ seconds }) => seconds))
  if (n === 0) return []
  const params = { alone: threads === 1, threads: 1, runsAtOnce: threads }
  return [{ name: 'article/published-run-seconds', value: mean, unit: 's', n, std, better: 'lower', params }]
}
