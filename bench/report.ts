import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname } from 'node:path'
import { native } from '../bindings/native.ts'
import { projectFile } from './project.ts'

/** A number that a reader quotes, computed from the runs. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly n: number
  readonly std: number
  readonly better: 'higher' | 'lower'
  readonly target?: number
  readonly params?: Readonly<Record<string, unknown>>
}

/** What every bench writes with `--json`. */
export interface Report {
  readonly bench: string
  readonly version: string
  /** null outside a git checkout */
  readonly commit: string | null
  readonly node: string
  readonly date: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly isa: string
    readonly threads: number
    /** over the minute before the bench began */
    readonly loadAverage: number
    /** over the last minute of the bench, where that is known */
    readonly loadAverageAfter?: number
  }
  readonly options: Readonly<Record<string, unknown>>
  readonly figures: readonly Figure[]
  readonly runs: readonly unknown[]
}

/** Call it before the work, so that the load is what others cause. */
export function stamp(threads: number): Report['machine'] {
  const processors = cpus()
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    isa: native.tables()[native.currentTable()] ?? 'unknown',
    threads,
    loadAverage: loadavg()[0] ?? 0,
  }
}

export function report(content: Pick<Report, 'bench' | 'machine' | 'options' | 'figures' | 'runs'>): Report {
  const { bench, machine, options, figures, runs } = content
  const date = new Date().toISOString()
  return { bench, version: version(), commit: commit(), node: process.version, date, machine, options, figures, runs }
}

/** Makes the folder when it is missing. */
export function writeText(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

export const writeJson = (file: string, value: Report): void => writeText(file, `${JSON.stringify(value, null, 1)}\n`)

export const version = (): string =>
  (JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as { version: string }).version

function commit(): string | null {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, {
        cwd: projectFile('.'),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '-dirty')
  } catch {
    return null
  }
}
