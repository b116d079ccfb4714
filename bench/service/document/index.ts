import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../../options.ts'
import { type Report, writeText } from '../../report.ts'
import { fuzzPart, soakPart } from './hardening.ts'
import { httpPart } from './http.ts'
import { killsPart } from './kills.ts'
import { loopPart } from './loop.ts'
import type { Committed, Part } from './parts.ts'
import { tenantsPart } from './tenants.ts'

const RESULTS = 'bench/results'
export const PAGE = 'docs/service-results.md'

const INTRO = `# A service in numbers

What \`npm run bench -- service\`, \`tenants\`, \`crash\`, \`fuzz\` and \`soak\` found; \`--help\` after each says how it measures.
\`npm run bench -- service --document .\` writes this page and its pictures from their files in \`bench/results\`, and a test holds them to
these. What is promised is in [serving.md](serving.md).

In pictures a hollow dot is the median and a full one the 99th percentile (p99); scales are logarithmic. Whatever else the machine had to
do is in these numbers too, so each says how busy it was.`

/** the reports of one bench, which may have several files: \`tenants-384.json\` */
export function committedOf(root: string, bench: string): Committed[] {
  const folder = join(root, RESULTS)
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names
    .filter((name) => new RegExp(`^${bench}(-\\d+)?\\.json$`).test(name))
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => {
      const report = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report
      if (report.bench !== bench)
        throw new UsageError(`--document: ${name} is a report of '${report.bench}', expected '${bench}'`)
      return { file: `${RESULTS}/${name}`, report }
    })
}

/** The page and its pictures: paths from the root of the project, and texts. What was not measured has no section. */
export function documents(root: string): Map<string, string> {
  const each = (bench: string, part: (committed: Committed) => Part | null) =>
    committedOf(root, bench).flatMap((committed) => part(committed) ?? [])
  const tenants = committedOf(root, 'tenants')
  const parts = [
    ...each('service', loopPart),
    ...each('service', httpPart),
    ...(tenants.length > 0 ? [tenantsPart(tenants)] : []),
    ...each('crash', killsPart),
    ...each('fuzz', fuzzPart),
    ...each('soak', soakPart),
  ]
  return new Map([
    [PAGE, `${[INTRO, ...parts.map(({ text }) => text)].join('\n\n')}\n`],
    ...parts.flatMap(({ pictures }) => [...pictures]),
  ])
}

export function writeDocuments(root: string): void {
  const texts = documents(root)
  for (const [path, text] of texts) writeText(join(root, path), text)
  console.log(`wrote ${[...texts.keys()].join(', ')} in ${root}`)
}
