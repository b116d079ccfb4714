import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../options.ts'
import { writeText } from '../../report.ts'
import type { SpeedReport } from '../saved.ts'
import { partsSvg } from './parts.ts'
import { peers } from './peers.ts'
import { roofSvg } from './roof.ts'
import { adam, limits, machine, missed, parts, printout, products, threads } from './tables.ts'

/** what documents quote of a report, by the name of the mark where it stands */
const BLOCKS: Readonly<Record<string, (report: SpeedReport) => string>> = {
  machine,
  limits,
  parts,
  adam,
  products,
  threads,
  missed,
  peers,
  printout,
}

const PAGES = ['docs/speed.md', 'README.md', 'README.ja.md'] as const
const MARK = /(<!-- speed: (\w+) -->\n).*?(\n<!-- speed -->)/gs

/** A page with all that stands between its marks written anew. */
export const filled = (page: string, report: SpeedReport): string =>
  page.replace(MARK, (_, begin: string, name: string, end: string) => {
    const block = BLOCKS[name]
    if (!block) throw new UsageError(`--document: no block is called '${name}'`)
    return begin + block(report) + end
  })

/** Every file that quotes a report, as it should be: paths from the root of the project, and texts. */
export function documents(report: SpeedReport, read: (path: string) => string): Map<string, string> {
  return new Map([
    ...PAGES.map((path) => [path, filled(read(path), report)] as const),
    ['docs/figures/speed-parts.svg', partsSvg(report)],
    ['docs/figures/speed-roof.svg', roofSvg(report)],
  ])
}

export function writeDocuments(root: string, report: SpeedReport): void {
  const texts = documents(report, (path) => readFileSync(join(root, path), 'utf8'))
  for (const [path, text] of texts) writeText(join(root, path), text)
  console.log(`wrote ${[...texts.keys()].join(', ')} in ${root}`)
}
