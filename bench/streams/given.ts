import { UsageError } from '../options.ts'
import type { Settings } from './methods.ts'

/** Settings as a command line changes the chosen ones: null takes a chosen one away. */
export type Change = { readonly [K in keyof Settings]: Settings[K] | null }

type Kind = 'number' | 'boolean' | readonly string[]
const schedules = ['constant', 'linearDecay'] as const

/** every setting there is, so that neither a misspelt one nor a misspelt value is passed over in silence */
const KNOWN: Readonly<Record<keyof Settings, Kind>> = {
  lambda: 'number',
  estimator: ['exact', 'sampled', 'empirical', 'article'],
  mode: ['separate', 'online', 'latest'],
  gamma: 'number',
  floor: 'number',
  floorUnits: ['all', 'silent'],
  damping: 'number',
  refresh: 'number',
  temperature: 'number',
  buffer: 'number',
  features: 'number',
  ridge: 'number',
  head: ['ridge', 'means'],
  shrinkage: 'number',
  classPerTask: 'boolean',
  samples: 'number',
  reset: 'boolean',
  average: 'number',
  rate: 'number',
  schedule: schedules,
  laterRate: 'number',
  laterSchedule: schedules,
}

/** What `--set` says. */
export function changeOf(text: string): Change {
  const change = parsed(text)
  if (typeof change !== 'object' || change === null || Array.isArray(change))
    throw new UsageError(`--set is '${text}', expected JSON such as '{"gamma":0.9}'`)
  for (const [name, value] of Object.entries(change)) {
    if (!Object.hasOwn(KNOWN, name))
      throw new UsageError(`--set: '${name}' is not one of ${Object.keys(KNOWN).join(', ')}`)
    const kind = KNOWN[name as keyof Settings]
    if (value === null || isOf(kind, value)) continue
    const expected = typeof kind === 'string' ? KINDS[kind] : `one of ${kind.join(', ')}`
    throw new UsageError(`--set: '${name}' is ${JSON.stringify(value)}, expected ${expected}`)
  }
  return change as Change
}

const KINDS = { number: 'a number, 0 or more', boolean: 'true or false' } as const

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === 'number') return typeof value === 'number' && value >= 0
  return kind === 'boolean' ? typeof value === 'boolean' : kind.includes(value as string)
}

/** what is left when a change was made */
export const changed = (settings: Settings, change: Change): Settings =>
  Object.fromEntries(Object.entries({ ...settings, ...change }).filter(([, value]) => value !== null))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
