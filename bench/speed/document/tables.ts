import { NETS } from '../inside.ts'
import { ADAM_BYTES, parametersOf } from '../memory.ts'
import { number, tableOf, targetText, verdict } from '../print.ts'
import { foundOf, type SpeedReport } from '../saved.ts'
import { meets } from '../section.ts'
import { flopsOf, nameOf, SHAPES, type Shape } from '../shapes.ts'
import { adamBounds, BANDWIDTHS, boundedSteps, title, valuesOf } from './bounds.ts'

const PART_NAMES = {
  forward: ['forward products, NT', 'FMA'],
  'weight-gradients': ['products for the weights, TN', 'FMA'],
  'input-gradients': ['products for the inputs, NN', 'FMA'],
  'bias-and-relu': ['biases and ReLU', 'second cache'],
  loss: ['softmax and loss', ''],
  adam: ['Adam', 'divider or memory'],
  rest: ['the rest: checks, calls, tape, colder caches', ''],
} as const

type Row = readonly string[]

/** all columns but the first are numbers, unless they are named as text */
export const table = (head: Row, rows: readonly Row[], text: Row = []): string => {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`
  const under = head.map((name, index) => (index === 0 || text.includes(name) ? '---' : '--:'))
  return [line(head), `|${under.join('|')}|`, ...rows.map(line)].join('\n')
}

/** microseconds; nothing of what has none */
export const us = (time: number | null): string =>
  time === null ? '' : `${time < 0 ? '\u2212' : ''}${number(Math.abs(time))} us`
const share = (part: number, whole: number): string => (part / whole).toFixed(2)

/** where, when and beside what it was measured */
export function machine({ machine, options, node, date, source }: SpeedReport): string {
  const load = `load average ${machine.loadAverage.toFixed(2)} before and ${machine.loadAverageAfter?.toFixed(2)} after`
  return `\`npm run bench -- speed\` measured this on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.isa}, Node ${node}, ${options.rounds} rounds,
${load}. ${source} Times are medians.`
}

export function limits(report: SpeedReport): string {
  const value = valuesOf(report)
  const peaks = report.figures.filter(({ name }) => /^peak\/(?!portable)/.test(name))
  const moves = NETS.map((net) => {
    const rate = (ADAM_BYTES * parametersOf(net)) / adamBounds(net, value).memory / 1e3
    const size = ((16 * parametersOf(net)) / 1e6).toFixed(1)
    return [`memory, plain loops over the ${size} MB of ${net.name}`, `${number(rate)} GB/s`, 'this run']
  })
  return table(
    ['limit of one core', 'at most', 'measured'],
    [
      ...peaks.map(({ name, value }) => [`FMA, ${name.slice(5)}`, `${number(value)} GF/s`, 'this run']),
      ...Object.entries(BANDWIDTHS).map(([level, rate]) => [`reading from ${level}`, `${rate} GB/s`, 'once']),
      ...moves,
    ],
    ['measured'],
  )
}

export function parts(report: SpeedReport): string {
  const steps = boundedSteps(report)
  const head = ['one thread', ...steps.flatMap(({ net }) => [`${net.name}, batch ${net.batch}`, 'bound', 'share'])]
  const rows = (steps[0]?.parts ?? []).map(({ part }) => [
    PART_NAMES[part][0],
    ...steps.flatMap(({ parts, time: whole }) => {
      const { time = Number.NaN, bound = null } = parts.find((one) => one.part === part) ?? {}
      return [us(time), us(bound), time < 0 ? '' : `${Math.round((100 * time) / whole)} %`]
    }),
    PART_NAMES[part][1],
  ])
  const whole = steps.flatMap(({ time, products }) => [us(time), us(products), share(time, products)])
  return table(
    [...head, 'bounded by'],
    [...rows, ['**whole step**, over its products alone', ...whole, 'FMA']],
    ['bounded by'],
  )
}

export function adam(report: SpeedReport): string {
  const value = valuesOf(report)
  return table(
    ['Adam', 'parameters', 'takes', 'memory allows', 'divider allows', 'over the larger'],
    NETS.map((net) => {
      const [{ memory, divider }, taken] = [adamBounds(net, value), value(`adam/${net.name}`)]
      const count = parametersOf(net).toLocaleString('en')
      return [net.name, count, us(taken), us(memory), us(divider), share(taken, Math.max(memory, divider))]
    }),
  )
}

/** the share of a product's lanes that hold numbers: along k where it adds in lanes, else along n, where 8 fit half a vector */
export function lanesOf({ form, n, k }: Pick<Shape, 'form' | 'n' | 'k'>): number {
  // as adds_in_lanes of native/kernels.h
  const alongK = form === 'nt' && ((n <= 16 && k >= 64) || (k >= 512 && n * k <= 512 * 1024))
  if (alongK) return k / (16 * Math.ceil(k / 16))
  const rest = n % 16
  return n / (n - rest + (rest === 0 ? 0 : rest <= 8 ? 8 : 16))
}

export function products(report: SpeedReport): string {
  const value = valuesOf(report)
  const tables = ['avx512', 'avx2', 'neon'].filter((name) => report.figures.some((one) => one.name === `peak/${name}`))
  return table(
    ['M × N × K, one thread', 'MFLOP', ...tables, 'target', 'lanes'],
    SHAPES.map((shape) => {
      const ratio = report.figures.find(({ name }) => name === `${nameOf(shape)}/${tables[0]}/peak-ratio`)
      const shares = tables.map((name) => value(`${nameOf(shape)}/${name}/peak-ratio`).toFixed(2))
      const target = ratio?.target === undefined ? '' : `${targetText(ratio)} ${meets(ratio) ? 'met' : 'missed'}`
      return [title(shape), number(flopsOf(shape) / 1e6), ...shares, target, lanesOf(shape).toFixed(2)]
    }),
  )
}

export function threads(report: SpeedReport): string {
  const rows = report.figures.filter(({ name }) => /^(step|threads)\/.*\/speedup$|^busy\/.*\/ratio$/.test(name))
  return table(
    ['threads', 'times', 'target'],
    rows.map((figure) => {
      const [, kind, what = '', count] = /^(\w+)\/(.*)\/(\d+)\/\w+$/.exec(figure.name) ?? []
      const subject = kind === 'threads' ? what.replace('gemm/', 'product ').replace('/', ' ') : `step ${what}`
      const how = kind === 'busy' ? 'time over one thread, beside 8 busy processes' : 'as fast as one'
      const judged = figure.target === undefined ? '' : `${targetText(figure)} ${meets(figure) ? 'met' : 'missed'}`
      return [`${subject.replace('/', ', batch ')}, ${count} threads: ${how}`, figure.value.toFixed(2), judged]
    }),
  )
}

/** every target that was missed */
export function missed({ figures }: SpeedReport): string {
  return `\`\`\`\n${verdict(figures)}\n\`\`\``
}

const SHOWN = /^(gemm|step|inference|adam|gather)|^peer\/.*geometric-mean/

/** an excerpt of what the command prints: what has a target, of the best table; the verdict is on all */
export function printout(report: SpeedReport): string {
  const { machine, figures } = report
  const rows = foundOf(report).flatMap(({ rows }) =>
    rows.filter((row) => {
      const name = row[0]?.name ?? ''
      return SHOWN.test(name) && !name.endsWith('/avx2') && row.some(({ target }) => target !== undefined)
    }),
  )
  const [counted = ''] = verdict(figures).split(/; missed|\n/)
  const load = `load average ${machine.loadAverage.toFixed(2)} before, ${machine.loadAverageAfter?.toFixed(2)} after`
  return `\`\`\`\n${machine.cpu}, ${load}\n${tableOf({ rows })}\n${counted}, those that are not shown here included\n\`\`\``
}
