import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, UsageError } from '../options.ts'
import { projectFile } from '../project.ts'
import { writeText } from '../report.ts'
import { fileOf, partsOf, type StreamReport } from './parts.ts'
import { PROTOCOL_NAMES } from './protocols.ts'
import { streamTable } from './tables.ts'

export const RESULTS_HELP: string = `palimpsest results: the committed results of all streams, bench/results/<stream>-<protocol>.json, beside published ones

  --document DIR    of the project whose docs/results.md, pictures and README are written anew from its results
  --help`

export async function results(args: readonly string[]): Promise<void> {
  const given = parse(args, { document: { type: 'string' }, help: { type: 'boolean', default: false } })
  if (given.help) return console.log(RESULTS_HELP)
  const root = given.document ?? projectFile('.')
  const reports = committedReports(root)
  if (given.document === undefined) {
    if (reports.length === 0) throw new UsageError(`results: no stream's are in ${join(root, 'bench/results')}`)
    for (const { rows, protocol } of reports.flatMap(partsOf)) console.log(`${streamTable(protocol, rows)}\n`)
    return
  }
  const { documents } = await import('./documents.ts') // slow to load
  const texts = documents(reports, (path) => readFileSync(join(root, path), 'utf8'))
  for (const [path, text] of texts) writeText(join(root, path), text)
  console.log(`wrote ${[...texts.keys()].join(', ')} in ${root}`)
}

/** those that there are, in the order of the protocols */
export function committedReports(root: string): StreamReport[] {
  return PROTOCOL_NAMES.flatMap((protocol) => {
    const file = join(root, fileOf(protocol))
    if (!existsSync(file)) return []
    const report = JSON.parse(readFileSync(file, 'utf8')) as StreamReport
    if (report.runs.some((run) => run.part !== 'all' || run.share !== 1))
      throw new UsageError(`results: ${file} has runs that saw not all images, or not the whole budget`)
    return [report]
  })
}
