import { accuracy } from '../format.ts'
import { table } from '../speed/document/tables.ts'
import { bestOf, jointOf, type Row, summaryOf } from './figures.ts'
import type { Settings } from './methods.ts'
import type { Part } from './parts.ts'
import { PROTOCOL_NAMES, type ProtocolName, protocolOf, type Scenario } from './protocols.ts'
import { type Published, publishedOf } from './published.ts'
import { judgedBy, keepsText, spread } from './tables.ts'
import { DIAGONAL, type Target, targetsOf } from './targets.ts'
import { settingsText } from './words.ts'

const HEAD = [
  'protocol',
  'published, no sample kept',
  'diagonal EWC, ours',
  'keeps',
  'required (stretch)',
  'best that keeps no sample, ours',
  'keeps',
  'required (stretch)',
  'joint, ours',
] as const

/** Every target, met or not; ours is empty where nothing was measured yet. Under it what a reader must know of its rows. */
export function targetTable(parts: readonly Part[]): string {
  const places = PROTOCOL_NAMES.flatMap((protocol) =>
    protocolOf(protocol).scenarios.map((scenario) => ({ protocol, scenario })),
  )
  const found = places.flatMap(({ protocol, scenario }) => {
    const { diagonal, best } = targetsOf(protocol, scenario)
    const part = parts.find((one) => one.protocol === protocol && one.scenario === scenario)
    if (!part && !diagonal && !best) return []
    const { rows } = part ?? { rows: [] }
    const [springs, free] = [bestOf(rows.filter(({ method }) => DIAGONAL.has(method))), bestOf(rows)]
    const cells = [
      placeOf(protocol, scenario),
      namesAndNumbers(publishedOf(protocol, scenario)),
      ...ours(diagonal, springs),
      ...ours(best, free),
      joined(jointOf(rows)),
    ]
    return [{ cells, notes: notesOf(protocol, scenario, rows, diagonal) }]
  })
  const notes = found.flatMap((one) => one.notes)
  const lines = table(
    HEAD,
    found.map(({ cells }) => cells),
    HEAD,
  )
  return notes.length > 0 ? `${lines}\n\n${notes.map((note) => `- ${note}`).join('\n')}` : lines
}

const placeOf = (protocol: ProtocolName, scenario: Scenario) =>
  protocolOf(protocol).scenarios.length > 1 ? `${protocol}, ${scenario}` : protocol

/** what neither the protocol nor the method's paper has */
const BEYOND = ['floor', 'floorUnits', 'average', 'reset', 'rate', 'schedule', 'laterRate', 'laterSchedule'] as const

const beyond = (settings: Settings): string =>
  settingsText(Object.fromEntries(Object.entries(settings).filter(([name]) => BEYOND.some((one) => one === name))))

const nameOf = ({ method, settings }: Row) => {
  const more = beyond(settings)
  return more === '' ? method : `${method} (${more})`
}

function joined(row: Row | undefined): string {
  const found = row && summaryOf(row, 'acc')
  if (!found) return ''
  const more = beyond(row.settings)
  return spread(found) + (more === '' ? '' : ` (${more})`)
}

function ours(target: Target | undefined, row: Row | undefined): [string, string, string] {
  const found = row && summaryOf(row, 'acc')
  const asked = target ? `${accuracy(target.required)} (${accuracy(target.stretch)})` : ''
  if (!found) return ['', '', asked]
  return [`${nameOf(row)} ${spread(found)}`, keepsText(row), target ? `${asked}: ${judgedBy(target, row)}` : '']
}

/** the row of diagonal EWC on the paper's plain protocol, beside one with more that is shown */
function notesOf(
  protocol: ProtocolName,
  scenario: Scenario,
  rows: readonly Row[],
  target: Target | undefined,
): string[] {
  const diagonal = rows.filter(({ method }) => DIAGONAL.has(method))
  const shown = bestOf(diagonal)
  const plain = bestOf(diagonal.filter(({ settings }) => beyond(settings) === ''))
  const said = (row: Row, verdict: string) => {
    const found = summaryOf(row, 'acc')
    return found ? [`${placeOf(protocol, scenario)}, ${verdict}: ${row.method} has ${spread(found)}`] : []
  }
  const judged = (row: Row) => (target ? ` (${accuracy(target.required)} is asked for: ${judgedBy(target, row)})` : '')
  if (!plain || !shown || plain === shown) return []
  return said(plain, `diagonal EWC as the protocol has it, without ${beyond(shown.settings)}`).map(
    (text) => `${text}${judged(plain)}.`,
  )
}

/** the best that was printed for each method which keeps no sample */
function namesAndNumbers(published: readonly Published[]): string {
  const best = new Map<string, Published>()
  for (const one of published) {
    const key = one.as ?? one.method
    if (one.keeps || one.as === 'none' || one.as === 'joint') continue
    if (one.value > (best.get(key)?.value ?? 0)) best.set(key, one)
  }
  return [...best.values()]
    .map(({ method, value, note }) => `${method.replace(/,.*/, '')} ${accuracy(value)}${note ? ` (${note})` : ''}`)
    .join(', ')
}
