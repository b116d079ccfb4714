import * as Plot from '@observablehq/plot'
import { accuracy, summarize } from '../../format.ts'
import { figure, legend, paragraph, type Section } from '../../page/page.ts'
import { COLOUR, chart } from '../../page/plot.ts'
import { TRACES } from '../extras.ts'
import { extrasOf, type ReportData, seedsOf } from './data.ts'

const METHODS = ['none', 'ewc'] as const
const SETS = ['mnist', 'fashion'] as const

interface Point {
  readonly panel: string
  readonly method: (typeof METHODS)[number]
  readonly set: (typeof SETS)[number]
  readonly epoch: number
  readonly mean: number
  readonly least: number
  readonly most: number
}

const PANELS = { [TRACES.recommended]: 'recommended recipe', [TRACES.published]: "the article's recipe" } as const
const TRACED = [TRACES.recommended, TRACES.published] as const

function pointsOf(data: ReportData): Point[] {
  return TRACED.flatMap((recipe) =>
    METHODS.flatMap((method) => {
      const traces = extrasOf(data, recipe, method).map(({ trace }) => trace ?? [])
      return (traces[0] ?? []).flatMap(({ share }, index) =>
        SETS.map((set) => {
          const { mean, least, most } = summarize(traces.flatMap((trace) => trace[index]?.[set] ?? []))
          return { panel: PANELS[recipe], method, set, epoch: share * data.epochs, mean, least, most }
        }),
      )
    }),
  )
}

/** accuracy on both sets while the second is learnt */
export function forgetting(data: ReportData): Section {
  const points = pointsOf(data)
  const seeds = extrasOf(data, TRACES.recommended, 'ewc').length
  const of = (set: string) => points.filter((point) => point.set === set)
  const ticks = [0, 0.1, 0.5, 1, 2, 3, 4].filter((tick) => tick <= data.epochs)
  const drawing = chart(({ narrow }) => ({
    height: narrow ? 460 : 340,
    marginLeft: 34,
    marginRight: 12,
    marginTop: 28,
    marginBottom: 40,
    x: {
      type: 'sqrt',
      domain: [0, data.epochs],
      ticks,
      tickFormat: String,
      label: 'epochs of Fashion-MNIST',
      labelAnchor: 'center',
    },
    y: { domain: [0, 1], ticks: 5, label: null, tickFormat: '.1f' },
    [narrow ? 'fy' : 'fx']: {
      domain: Object.values(PANELS),
      label: null,
      axis: narrow ? null : 'top',
      padding: narrow ? 0.2 : 0.12,
    },
    color: { domain: METHODS, range: METHODS.map((method) => COLOUR[method]) },
    marks: [
      Plot.ruleY([0, 0.2, 0.4, 0.6, 0.8, 1], { stroke: COLOUR.line }),
      Plot.areaY(of('mnist'), {
        ...facet(narrow),
        x: 'epoch',
        y1: 'least',
        y2: 'most',
        fill: 'method',
        fillOpacity: 0.18,
      }),
      Plot.line(of('fashion'), {
        ...facet(narrow),
        x: 'epoch',
        y: 'mean',
        stroke: 'method',
        strokeWidth: 1.5,
        strokeDasharray: '4 3',
      }),
      Plot.line(of('mnist'), { ...facet(narrow), x: 'epoch', y: 'mean', stroke: 'method', strokeWidth: 2.75 }),
      ...(narrow
        ? [
            Plot.text(Object.values(PANELS), {
              fy: (d: string) => d,
              text: (d: string) => d,
              frameAnchor: 'top',
              dy: -16,
              fontWeight: 600,
            }),
          ]
        : []),
    ],
  }))
  const [least, end] = [
    lowest(points),
    points.findLast(
      ({ panel, method, set }) => panel === PANELS[TRACES.recommended] && method === 'ewc' && set === 'mnist',
    )?.mean,
  ]
  return {
    id: 'forgetting',
    title: 'Forgetting, as it happens',
    parts: [
      paragraph(
        'No image of MNIST is seen any more; every step is taken for Fashion-MNIST alone. MNIST is only looked at, with its test images.',
      ),
      figure({
        title: 'Accuracy on both tasks while the second is learnt',
        body: drawing,
        legend: legend([
          { label: 'MNIST with EWC', colour: COLOUR.ewc },
          { label: 'MNIST without', colour: COLOUR.none },
          { label: 'Fashion-MNIST with EWC', colour: COLOUR.ewc, dashed: true },
          { label: 'Fashion-MNIST without', colour: COLOUR.none, dashed: true },
        ]),
        sentence:
          'Follow the thick lines from left to right: the gap that opens between them is what EWC keeps of MNIST; the thin dashed ones show what it costs on Fashion-MNIST. The axis is stretched at its start, where most is forgotten.',
        description: `Two panels of lines, the recommended recipe and the article's. Without EWC accuracy on MNIST falls steeply within the first tenth of an epoch and goes on falling. ${
          least === undefined || end === undefined
            ? ''
            : `With EWC in the recommended recipe it dips to ${accuracy(least)} and ends at ${accuracy(end)}.`
        } Fashion-MNIST rises in all of them.`,
      }),
      paragraph(
        `Means of ${seedsOf(seeds)}${seeds > 1 ? '; the bands reach from the lowest to the highest' : ''}. ${
          least === undefined || end === undefined
            ? ''
            : `With EWC the recommended recipe is at ${accuracy(least)} on MNIST at its lowest, and at ${accuracy(end)} in the end: where the first task ended the penalty has no slope, so the first steps go where Fashion-MNIST wants them; then it pulls the weights back to where MNIST needs them.`
        }`,
      ),
    ],
  }
}

const facet = (narrow: boolean) => ({ [narrow ? 'fy' : 'fx']: 'panel', z: 'method' })

function lowest(points: readonly Point[]): number | undefined {
  const means = points
    .filter(({ panel, method, set }) => panel === PANELS[TRACES.recommended] && method === 'ewc' && set === 'mnist')
    .map(({ mean }) => mean)
  return means.length > 0 ? Math.min(...means) : undefined
}
