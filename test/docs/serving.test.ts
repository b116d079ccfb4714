import { describe, expect, it } from 'vitest'
import { figuresOf, type Run } from '../../bench/gathered/figures.ts'
import { MODELS, RATES } from '../../bench/gathered/known.ts'
import { KINDS } from '../../bench/gathered/squares.ts'
import type { Report } from '../../bench/report.ts'
import { read } from './pages.ts'

const page = read('docs/serving.md')
const report = JSON.parse(read('bench/results/gathered.json')) as Report
const figures = new Map(report.figures.map((figure) => [figure.name, figure]))

/** .898, with its deviation where there are seeds */
function told(name: string): string {
  const { value, std, n } = figures.get(`gathered/${name}`) ?? { value: Number.NaN, std: 0, n: 1 }
  const text = (number: number) => number.toFixed(3).replace(/^0/, '')
  return n > 1 ? `${text(value)} \u00b1 ${text(std)}` : text(value)
}

describe('what docs/serving.md quotes of bench/results/gathered.json', () => {
  it.each([
    ['first layer, weights', 'layers.0.weight'],
    ['first layer, biases', 'layers.0.bias'],
    ['last layer, weights', 'layers.1.weight'],
    ['last layer, biases', 'layers.1.bias'],
  ])('%s: gathered squares beside the exact Fisher', (name, parameter) =>
    expect(page).toContain(`| ${name} | ${told(`ratio/${parameter}`)} | ${told(`rank-correlation/${parameter}`)} |`),
  )

  it('accuracies with either', () => {
    const names = ['gathered', 'exact, on 10,000 images', 'exact, \u03bb times the ratio of all sums', 'no method']
    KINDS.forEach((kind, index) => {
      const cells = ['mnist', 'fashion'].map((set) => told(`accuracy/${kind}/${set}`))
      expect(page).toContain(`| ${names[index]} | ${cells.join(' | ')} |`)
    })
  })

  it('the rows that are not known', () => {
    const names = ['`analytic`', '`analytic`, head `means`', '`network`, no method']
    const lines = Object.keys(MODELS).flatMap((model, index) =>
      RATES.map((rate, at) => {
        const of = (what: string) => told(`known/${model}/${rate}/${what}`)
        const shares = `${String(rate).replace(/^0/, '')} | ${of('unknown-of-learnt')} | ${of('unknown-of-others')}`
        return at === 0
          ? `| ${names[index]} | ${shares} | ${of('calibration-error')} | ${of('accuracy')} |`
          : `| | ${shares} | | |`
      }),
    )
    expect(page).toContain(lines.join('\n'))
  })

  it('its figures follow from its runs', () => {
    expect(figuresOf(report.runs as readonly Run[])).toEqual(report.figures)
    expect(report.options).toEqual({ seeds: 3 })
  })
})
