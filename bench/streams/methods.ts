import type { Mode } from '../../src/continual/anchors.ts'
import { Ewc, type EwcOptions } from '../../src/continual/ewc.ts'
import { Kfac } from '../../src/continual/kfac.ts'
import { Lwf } from '../../src/continual/lwf.ts'
import { Mas } from '../../src/continual/mas.ts'
import type { Method } from '../../src/continual/method.ts'
import { Replay } from '../../src/continual/replay.ts'
import { Si } from '../../src/continual/si.ts'

export const METHODS = [
  'none',
  'joint',
  'ewc',
  'ewc-online',
  'si',
  'mas',
  'kfac',
  'lwf',
  'analytic',
  'analytic-experts',
  'replay',
] as const
export type MethodName = (typeof METHODS)[number]

/** What a run of a method needs besides the protocol; each method reads what is its own: see `READS`. */
export interface Settings {
  readonly lambda?: number
  readonly estimator?: NonNullable<EwcOptions['estimator']>
  readonly mode?: Mode
  readonly gamma?: number
  readonly floor?: number
  readonly floorUnits?: 'all' | 'silent'
  /** share that K-FAC adds to the diagonal of G, or xi of SI */
  readonly damping?: number
  /** steps between two computations of K-FAC's pull */
  readonly refresh?: number
  /** of LwF */
  readonly temperature?: number
  /** samples that replay keeps */
  readonly buffer?: number
  /** random features and the ridge of `analytic` */
  readonly features?: number
  readonly ridge?: number
  readonly head?: 'ridge' | 'means'
  /** of the gates of `analytic-experts` */
  readonly shrinkage?: number
  /** whether `analytic` tells apart the classes of different tasks while it learns */
  readonly classPerTask?: boolean
  /** samples that a consolidation looks at; default all */
  readonly samples?: number
  /** whether Adam forgets its moments between tasks */
  readonly reset?: boolean
  /** epochs at the end of each training whose steps' mean the weights become; default 0: they stay the last step's */
  readonly average?: number
  /** of joint training; default the protocol's */
  readonly rate?: number
  /** of joint training; default constant */
  readonly schedule?: 'constant' | 'linearDecay'
  /** of tasks after the first; default the protocol's */
  readonly laterRate?: number
  /** of tasks after the first; default constant */
  readonly laterSchedule?: 'constant' | 'linearDecay'
}

/** null where nothing is kept; `joint` and the analytic ones are trained in another way altogether */
export function methodOf(name: MethodName, settings: Settings, seed: number): Method | null {
  const { lambda, estimator, mode, gamma, floor, floorUnits, damping, refresh, temperature, buffer = 1000 } = settings
  switch (name) {
    case 'none':
    case 'joint':
    case 'analytic':
    case 'analytic-experts':
      return null
    case 'ewc':
      return new Ewc(given({ lambda, estimator, mode, gamma, floor, floorUnits }))
    case 'ewc-online':
      return new Ewc({ mode: 'online', ...given({ lambda, estimator, gamma, floor, floorUnits }) })
    case 'si':
      return new Si(given({ lambda, damping }))
    case 'mas':
      return new Mas(given({ lambda }))
    case 'kfac':
      return new Kfac(given({ lambda, damping, refresh }))
    case 'lwf':
      return new Lwf(given({ lambda, temperature }))
    case 'replay':
      return new Replay({ samples: buffer, seed, ...given({ weight: lambda }) })
  }
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** the fields that are not undefined */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
