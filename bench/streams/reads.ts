import { UsageError } from '../options.ts'
import type { MethodName, Settings } from './methods.ts'
import type { Scenario } from './protocols.ts'

type Name = keyof Settings

/** of every network that learns one task after another */
const IN_TURN = ['reset', 'average', 'laterRate', 'laterSchedule'] as const
const EWC = ['lambda', 'estimator', 'gamma', 'floor', 'floorUnits', 'samples', ...IN_TURN] as const

/** What each method does something with. */
export const READS: Readonly<Record<MethodName, readonly Name[]>> = {
  none: IN_TURN,
  joint: ['rate', 'schedule', 'average'],
  ewc: ['mode', ...EWC],
  'ewc-online': EWC,
  si: ['lambda', 'damping', ...IN_TURN],
  mas: ['lambda', 'samples', ...IN_TURN],
  kfac: ['lambda', 'damping', 'refresh', 'samples', ...IN_TURN],
  lwf: ['lambda', 'temperature', ...IN_TURN],
  analytic: ['features', 'ridge', 'head', 'classPerTask'],
  'analytic-experts': ['features', 'ridge', 'shrinkage'],
  replay: ['lambda', 'buffer', 'samples', ...IN_TURN],
}

/** The settings that would be printed as if they had mattered, and that nothing reads. */
export function unread(method: MethodName, scenario: Scenario, settings: Settings): Name[] {
  const { mode, floor } = settings
  const idle = new Set<Name>([
    ...(method === 'ewc' && mode !== 'online' ? (['gamma'] as const) : []),
    ...(floor ? [] : (['floorUnits'] as const)),
    // elsewhere the scenario says which classes are told apart
    ...(scenario === 'domain' ? [] : (['classPerTask'] as const)),
  ])
  return (Object.keys(settings) as Name[]).filter((name) => idle.has(name) || !READS[method].includes(name))
}

/** @throws UsageError naming what the method does not read */
export function refuseUnread(method: MethodName, scenario: Scenario, settings: Settings): void {
  const [first] = unread(method, scenario, settings)
  if (first === undefined) return
  const given = first === 'lambda' ? '--lambda' : `--set '${first}'`
  const here = `${scenario}-incremental, ${JSON.stringify(settings)}`
  throw new UsageError(
    `${given}: ${method} would not read it (${here}); all it reads is ${READS[method].join(', ')}. Choose methods by --method`,
  )
}
