import { accuracy } from '../format.ts'
import type { Settings } from './methods.ts'
import type { Protocol, Scenario } from './protocols.ts'

/** "lambda 100, floor 1, reset": what is not the default, as a reader would say it */
export const settingsText = (settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => {
      const words = plain(name)
      if (value === true) return words
      return value === false ? `no ${words}` : `${words} ${typeof value === 'string' ? plain(value) : value}`
    })
    .join(', ')

/** "laterRate" is "later rate" */
const plain = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

export const scenarioName = (scenario: Scenario): string => `${scenario}-incremental`

/** with a minus sign as wide as a digit */
export const signed = (value: number): string => (value < 0 ? `\u2212${accuracy(-value)}` : accuracy(value))

const UNITS = ['B', 'KB', 'MB', 'GB'] as const

/** "1.2 MB" */
export function bytesText(bytes: number): string {
  if (bytes === 0) return 'nothing'
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`
}

/** "48 s", "12.3 min": short, for columns of such */
export const minutes = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  return seconds < 100 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`
}

/** network, budget and optimizer in a sentence */
export function protocolText({ tasks, hidden, activation, batchSize, budget, learningRate, source }: Protocol): string {
  const amount =
    'steps' in budget
      ? `${budget.steps.toLocaleString('en')} steps`
      : `${budget.epochs} ${budget.epochs === 1 ? 'epoch' : 'epochs'}`
  return `${tasks} tasks, hidden layers of ${hidden.join(' and ')} units (${activation}), Adam at ${learningRate}, batches of ${batchSize}, ${amount} a task: ${source}.`
}
