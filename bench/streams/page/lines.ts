import * as Plot from '@observablehq/plot'
import { summarize } from '../../format.ts'
import { COLOUR, type Size } from '../../page/plot.ts'
import type { Row } from '../figures.ts'
import { colourOf, labelOf, margin, type Options } from './charts.ts'

/** the share of the plot's height that a line's name needs for itself */
const APART = 0.052

/** those that were judged after every task */
export const walked = (rows: readonly Row[]): Row[] =>
  rows.filter(({ runs }) => runs.every((run) => run.accuracy.length > 1))

/** accuracy on the first task after each task of the stream, named at its end */
export function firstTaskOptions(rows: readonly Row[], { narrow }: Size): Options {
  const lines = walked(rows).map((row) => {
    const tasks = row.runs[0]?.accuracy.length ?? 0
    const means = Array.from({ length: tasks }, (_, task) =>
      summarize(row.runs.map((run) => first(run.accuracy, task))),
    )
    return { label: labelOf(row, rows), colour: colourOf(row), means: means.map(({ mean }) => mean) }
  })
  const points = lines.flatMap(({ label, colour, means }) =>
    means.map((value, task) => ({ label, colour, value, task: task + 1 })),
  )
  const tasks = Math.max(...points.map(({ task }) => task))
  const least = Math.min(...points.map(({ value }) => value))
  const from = Math.floor(10 * Math.max(0, least - 0.02)) / 10
  const ends = spaced(
    lines.map(({ label, colour, means }) => ({ label, colour, value: means.at(-1) ?? Number.NaN })),
    (1 - from) * APART * (narrow ? 1.15 : 1),
  )
  return {
    height: narrow ? 320 : 380,
    marginLeft: 40,
    marginRight: Math.max(
      58,
      margin(
        ends.map(({ label }) => label),
        narrow,
      ) - 4,
    ),
    marginTop: 14,
    marginBottom: 42,
    x: {
      domain: [1, tasks],
      ticks: ticksUpTo(tasks, narrow),
      tickFormat: 'd',
      label: 'tasks learnt',
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: [from, 1], ticks: 6, tickFormat: '.1f', label: null },
    color: { type: 'identity' },
    marks: [
      Plot.gridY({ stroke: COLOUR.line, strokeOpacity: 1 }),
      Plot.line(points, { x: 'task', y: 'value', z: 'label', stroke: 'colour', strokeWidth: 2 }),
      Plot.dot(tasks > 12 ? [] : points, { x: 'task', y: 'value', fill: 'colour', r: 2.5 }),
      Plot.text(ends, {
        x: () => tasks,
        y: 'place',
        text: 'label',
        fill: 'colour',
        textAnchor: 'start',
        dx: 8,
      }),
    ],
  }
}

const first = (matrix: readonly (readonly number[])[], task: number) => matrix[task]?.[0] ?? Number.NaN

function ticksUpTo(tasks: number, narrow: boolean): number[] {
  const step = tasks > 12 ? (narrow ? 10 : 5) : 1
  const all = Array.from({ length: tasks }, (_, task) => task + 1)
  return all.filter((task) => task === 1 || task % step === 0)
}

/** Moves names apart that would cover each other, as little as it takes: those that meet stand around their middle. */
export function spaced<T extends { readonly value: number }>(
  ends: readonly T[],
  apart: number,
): (T & { readonly place: number })[] {
  const groups: T[][] = []
  const middle = (group: readonly T[]) => group.reduce((sum, { value }) => sum + value, 0) / group.length
  const reach = (group: readonly T[]) => ((group.length - 1) / 2) * apart
  for (const end of ends.toSorted((a, b) => b.value - a.value)) {
    let group = [end]
    for (let above = groups.at(-1); above; above = groups.at(-1)) {
      if (middle(above) - reach(above) - apart >= middle(group) + reach(group)) break
      group = [...above, ...group]
      groups.pop()
    }
    groups.push(group)
  }
  return groups.flatMap((group) =>
    group.map((end, index) => ({ ...end, place: middle(group) + reach(group) - index * apart })),
  )
}
