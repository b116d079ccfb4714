import { html } from '../../page/html.ts'
import { figure, legend, type Section } from '../../page/page.ts'
import { COLOUR } from '../../page/plot.ts'
import { flopsOf, nameOf, SHAPES } from '../shapes.ts'
import { bars, type Group, short } from './charts.ts'
import { type Figures, quartilesOf } from './figures.ts'

const COLOURS = { avx512: COLOUR.ewc, avx2: COLOUR.joint, neon: COLOUR.ewc } as const

/** products under every table but the slow one, as shares of the FMA peak */
export function kernelSections(figures: Figures): Section[] {
  const groups = SHAPES.flatMap((shape): Group[] => {
    const found = Object.keys(COLOURS).flatMap((table) => {
      const ratio = figures.get(`${nameOf(shape)}/${table}/peak-ratio`)
      return ratio ? [{ series: table, value: ratio.value, range: quartilesOf(ratio), target: ratio.target }] : []
    })
    const { m, n, k, form } = shape
    const label = `${m} \u00d7 ${n} \u00d7 ${k} ${form.toUpperCase()}, ${short(flopsOf(shape) / 1e6)} MFLOP`
    return found.length > 0 ? [{ label, bars: found }] : []
  })
  if (groups.length === 0) return []
  const tables = Object.entries(COLOURS).filter(([table]) =>
    groups.some(({ bars }) => bars.some(({ series }) => series === table)),
  )
  const all = groups.flatMap(({ bars }) => bars.map(({ value }) => value))
  return [
    {
      id: 'kernels',
      title: 'Products against the peak',
      parts: [
        figure({
          title: 'Share of the FMA peak that each product reaches',
          body: bars(groups, { colours: COLOURS, label: 'share of the FMA peak of the same round', limit: 1 }),
          legend: legend(tables.map(([label, colour]) => ({ label, colour }))),
          sentence:
            'Longer is better, and the dashed line is all that the processor can do: M \u00d7 N \u00d7 K of a product and its form, one thread; a thick tick is a target, a thin line the middle half of the samples.',
          description: `Bars for ${groups.length} products under ${tables.length} tables, as shares of the peak of fused multiply-adds: from ${short(Math.min(...all))} to ${short(Math.max(...all))}. The table below has the numbers.`,
        }),
        html`<p>NT is the forward pass of a layer, TN the gradient of its weights, NN the gradient of its inputs.</p>
`,
      ],
    },
  ]
}
