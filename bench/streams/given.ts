import { UsageError } from '../options.ts'
import type { Settings } from './methods.ts'

/** every setting there is, so that a misspelt one is not passed over in silence */
const KNOWN: Readonly<Record<keyof Settings, true>> = {
  lambda: true,
  estimator: true,
  mode: true,
  gamma: true,
  floor: true,
  floorUnits: true,
  damping: true,
  refresh: true,
  temperature: true,
  buffer: true,
  features: true,
  ridge: true,
  head: true,
  shrinkage: true,
  classPerTask: true,
  samples: true,
  reset: true,
  average: true,
  rate: true,
  schedule: true,
  laterRate: true,
  laterSchedule: true,
}

/** What `--set` says. */
export function settingsOf(text: string): Settings {
  const settings = parsed(text)
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new UsageError(`--set is '${text}', expected JSON such as '{"gamma":0.9}'`)
  for (const name of Object.keys(settings))
    if (!Object.hasOwn(KNOWN, name))
      throw new UsageError(`--set: '${name}' is not one of ${Object.keys(KNOWN).join(', ')}`)
  return settings as Settings
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
