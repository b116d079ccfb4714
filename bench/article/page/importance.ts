import type { Html } from '../../page/html.ts'
import { html } from '../../page/html.ts'
import { picture, scale } from '../../page/image.ts'
import { figure, paragraph, type Section } from '../../page/page.ts'
import type { Pictures } from '../anatomy.ts'
import { TRACES } from '../extras.ts'
import { anatomyOf, type ReportData } from './data.ts'

const SIDE = 28
const PIXELS = SIDE * SIDE
const COLUMNS = 10
// how many powers of ten the sheet of units shows
const DECADES = 3

/** the Fisher of the first layer, as images */
export function importance(data: ReportData): Section {
  const without = anatomyOf(data, TRACES.recommended, 'none').pictures
  const withEwc = anatomyOf(data, TRACES.recommended, 'ewc').pictures
  if (!without || !withEwc) throw new Error('the anatomy came without pictures')
  const moved = [meanOverUnits(without.moved), meanOverUnits(withEwc.moved)] as const
  const most = Math.max(...moved[0], ...moved[1])
  const { sheet, silent } = sheetOf(withEwc)
  return {
    id: 'fisher',
    title: 'What the Fisher knows',
    parts: [
      paragraph(
        'The Fisher information says how much the network\u2019s answers on MNIST would change if a weight moved. Each weight of the first layer belongs to one pixel and one hidden unit, so its Fisher can be looked at as an image.',
      ),
      figure({
        title: 'The first layer, pixel by pixel',
        body: html`<div class="pictures">${[
          tile(withEwc.image, null, 'MNIST', 'the mean of its training images'),
          tile(meanOverUnits(withEwc.fisher), null, 'Fisher', 'mean over the hidden units, after MNIST'),
          tile(moved[0], most, 'moved, without EWC', 'mean |change| while Fashion-MNIST was learnt'),
          tile(moved[1], most, 'moved, with EWC', 'the same, on the same scale'),
        ]}</div>${scale('0', 'most')}`,
        sentence:
          'Bright is much: the Fisher is bright where digits are drawn, and with EWC (last image) the weights of just those pixels stay dark, that is still, and the change goes to the rim.',
        description:
          'Four images of 28 by 28 pixels. The mean digit is a bright ring in the middle. The Fisher is bright in the same place and 0 at the rim. Without EWC weights move all over the image; with EWC they move at the rim and hardly in the middle.',
      }),
      figure({
        title: 'The first layer, unit by unit',
        body: html`${sheet}${scale(`1/${(10 ** DECADES).toLocaleString('en')} or less`, 'the largest Fisher')}`,
        sentence: `One square of 28 x 28 weights a hidden unit, ordered from the unit that matters most to MNIST to the one that matters least, in powers of ten: bright weights are dear to MNIST, and a black square is a unit that MNIST does not use${silent > 0 ? ` (there are ${silent})` : ''}.`,
        description: `A sheet of ${withEwc.fisher.length / PIXELS} small images. Most show a bright middle with a pattern of strokes and a dark rim; they grow darker towards the end, and ${silent} are black throughout.`,
      }),
      paragraph(
        'The exact estimator, over all training images, without the floor that training adds. Seed 1 of the recommended recipe.',
      ),
    ],
  }
}

function meanOverUnits(values: Float32Array): Float32Array {
  const units = values.length / PIXELS
  const mean = new Float32Array(PIXELS)
  values.forEach((value, i) => {
    mean[i % PIXELS] = (mean[i % PIXELS] as number) + value / units
  })
  return mean
}

function tile(values: Float32Array, most: number | null, title: string, text: string): Html {
  const largest = most ?? Math.max(...values)
  const image = picture(SIDE, SIDE, (x, y) => (values[y * SIDE + x] as number) / largest)
  return html`<div>${image}<div class="caption"><b>${title}</b>${text}</div></div>`
}

function sheetOf({ fisher }: Pictures): { sheet: Html; silent: number } {
  const units = Array.from({ length: fisher.length / PIXELS }, (_, unit) => {
    const values = fisher.subarray(unit * PIXELS, (unit + 1) * PIXELS)
    return { values, total: values.reduce((sum, value) => sum + value, 0) }
  }).toSorted((a, b) => b.total - a.total)
  const largest = fisher.reduce((most, value) => Math.max(most, value), 0)
  const cell = SIDE + 1
  const rows = Math.ceil(units.length / COLUMNS)
  const sheet = picture(
    COLUMNS * cell - 1,
    rows * cell - 1,
    (x, y) => {
      const values = units[Math.floor(y / cell) * COLUMNS + Math.floor(x / cell)]?.values
      const value = values?.[(y % cell) * SIDE + (x % cell)]
      if (value === undefined || x % cell === SIDE || y % cell === SIDE) return null
      return value > 0 ? 1 + Math.log10(value / largest) / DECADES : 0
    },
    'sheet',
  )
  return { sheet, silent: units.filter(({ total }) => total === 0).length }
}
