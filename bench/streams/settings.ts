import type { MethodName, Settings } from './methods.ts'
import type { ProtocolName, Scenario } from './protocols.ts'

/** How far what was chosen had seen the stream that it is shown on. */
export type TunedOn = 'nothing' | 'first-task' | 'all-tasks' | 'other-stream'

/** The settings that a method is shown with, and what they were chosen on: training images only, in every case. */
export interface Chosen {
  readonly settings: Settings
  readonly tunedOn: TunedOn
}

const untuned: Chosen = { settings: {}, tunedOn: 'nothing' }
const tuned = (settings: Settings): Chosen => ({ settings, tunedOn: 'all-tasks' })

type Table = Partial<Record<MethodName, Chosen>>

const TABLES: Partial<Record<`${ProtocolName}/${Scenario}`, Table>> = {
  'article/domain': {
    ewc: tuned({ lambda: 100, floor: 1, reset: true, laterRate: 3e-3, laterSchedule: 'linearDecay' }),
    'ewc-online': tuned({ lambda: 100, reset: true }),
    kfac: tuned({ lambda: 10, reset: true }),
    mas: tuned({ lambda: 3, reset: true }),
    si: tuned({ lambda: 10, reset: true }),
    lwf: tuned({ lambda: 1, temperature: 2 }),
  },
}

/** What `run` uses where nothing else is asked for. */
export const chosen = (protocol: ProtocolName, scenario: Scenario, method: MethodName): Chosen =>
  TABLES[`${protocol}/${scenario}`]?.[method] ?? untuned
