import type { Row } from '../article/figures.ts'
import { duration } from '../format.ts'
import { paragraph, type Section, table } from '../page/page.ts'
import type { PeersReport, Skipped } from './measure.ts'
import { accuracySentence, committedPeers, linesOf, oursOf, speedSentences } from './sentences.ts'

/** How long the article's experiment takes, here and in PyTorch: as measured now, else as committed. */
export function speedSection(rows: readonly Row[], measured: PeersReport | Skipped | null, whole: boolean): Section {
  const [took] = speedSentences(rows, null, whole)
  const skipped = measured && 'skipped' in measured ? [`PyTorch was skipped now: ${measured.skipped}.`] : []
  const peers = measured && !('skipped' in measured) ? measured : committedPeers()
  const sentences = [...(took ? [took] : []), ...skipped]
  const parts = sentences.length > 0 ? [paragraph(sentences.join(' '))] : []
  return { id: 'speed', title: 'How long it takes', parts: peers ? [...parts, peersTable(peers)] : parts }
}

function peersTable(peers: PeersReport) {
  const { machine, date, node, runs, options } = peers
  const rows = linesOf(peers).map(({ title, threads, seconds, ratio }) => [
    `PyTorch, ${title}`,
    String(threads),
    duration(seconds),
    `${ratio.toFixed(1)} ×`,
  ])
  const loads = runs.map(({ loadAverage }) => loadAverage)
  const load = `load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`
  const priority = options.priority < 0 ? ', before which both programs had priority' : ''
  return table({
    caption: `The article's experiment with EWC, ${peers.options.epochs} + ${peers.options.epochs} epochs`,
    head: ['program', 'threads', 'time', 'times ours'],
    rows: [['palimpsest', '1', duration(oursOf(peers)), '1'], ...rows],
    note:
      `Medians, run in turns on ${machine.cpu} (${machine.cores} cores, ${load}${priority}), ${date.slice(0, 10)}; ` +
      `PyTorch ${options.torch}, Python ${options.python}, Node ${node.slice(1)}. Ratios are taken within pairs. ` +
      `Our time includes its evaluations, PyTorch's does not. ${accuracySentence(peers)}`,
  })
}
