import { median, summarize } from '../format.ts'
import type { Figure } from '../report.ts'
import type { Samples } from './measure.ts'
import type { Subject } from './subject.ts'

/** A measured thing: what has to be timed for it, and the figures that follow. */
export interface Entry {
  /** of its first figure; the names of the others begin with it */
  readonly name: string
  readonly subjects: readonly Subject[]
  figures(samples: Samples): readonly Figure[]
}

/** Entries that are shown together. */
export interface Section {
  readonly id: string
  readonly title: string
  /** what is measured, and what the ratio is */
  readonly sentence: string
  readonly entries: readonly Entry[]
  /** what goes on beside it: the section is then measured by itself, after all others */
  readonly beside?: Beside
}

export interface Beside {
  /** resolves when it goes on, with what ends it */
  start(): Promise<() => Promise<void>>
  /** how many rounds at most, and how long a sample is */
  readonly rounds: number
  readonly sampleSeconds: number
}

export interface Meaning {
  readonly unit: string
  readonly better: Figure['better']
  readonly target?: number | undefined
  readonly params?: Readonly<Record<string, unknown>>
}

/** The median of values, with their number, deviation and quartiles; none of no values. */
export function figureOf(name: string, values: readonly number[], meaning: Meaning): readonly Figure[] {
  if (values.length === 0) return []
  const { unit, better, target, params } = meaning
  const { n, std } = summarize(values)
  const quartiles = [quantile(values, 0.25), quantile(values, 0.75)]
  const figure = { name, value: median(values), unit, n, std, better, params: { quartiles, ...params } }
  return [target === undefined ? figure : { ...figure, target }]
}

/** linear between the two nearest */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}

/** seconds of one subject, times a factor */
export const scaled = (samples: Samples, name: string, factor: number): number[] =>
  (samples.get(name) ?? []).map(({ seconds }) => seconds * factor)

/** null when there is no target */
export function meets({ value, target, better }: Figure): boolean | null {
  if (target === undefined) return null
  return better === 'higher' ? value >= target : value <= target
}

/** Whether a name, or that of a figure which begins with it, begins with one of the prefixes; yes without any. */
export const matches = (name: string, prefixes: readonly string[] | null): boolean =>
  prefixes?.some((prefix) => name.startsWith(prefix) || prefix.startsWith(`${name}/`)) ?? true

/** The entries that match. */
export const chosen = (entries: readonly Entry[], prefixes: readonly string[] | null): readonly Entry[] =>
  entries.filter(({ name }) => matches(name, prefixes))

/** Every subject once; those that an entry compares with its first one come soon after that one. */
export function subjectsOf(entries: readonly Entry[]): Subject[] {
  const groups: Subject[][] = []
  const groupOf = new Map<string, Subject[]>()
  for (const { subjects } of entries) {
    let group = groupOf.get(subjects[0]?.name ?? '')
    if (!group) {
      group = []
      groups.push(group)
    }
    for (const subject of subjects) {
      if (groupOf.has(subject.name)) continue
      group.push(subject)
      groupOf.set(subject.name, group)
    }
  }
  return groups.flat()
}
