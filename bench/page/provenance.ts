import type { Report } from '../report.ts'

type Origin = Pick<Report, 'date' | 'version' | 'commit' | 'node' | 'machine' | 'options'>

/** when, by which version and on what */
export function provenanceOf({ date, version, commit, node, machine, options }: Origin): string {
  const merged = (options.merged ?? []) as readonly Pick<Report, 'date' | 'commit'>[]
  const more = merged.map((one) => `${one.date.slice(0, 10)}, commit ${commitText(one.commit)}`)
  const and = more.length > 0 ? ` With runs of ${more.join('; ')}.` : ''
  return `${date.slice(0, 10)}, palimpsest ${version}, commit ${commitText(commit)}, Node ${node}, ${machine.cpu}, ${machine.cores} cores, ${machine.isa}.${and}`
}

const commitText = (commit: string | null) =>
  commit === null ? 'unknown' : commit.slice(0, 12) + (commit.endsWith('-dirty') ? ' with changes' : '')
