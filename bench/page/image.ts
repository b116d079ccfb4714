import { PNG } from 'pngjs'
import { type Html, html } from './html.ts'

// matplotlib's inferno at tenths: even steps of value look even, also to the colour-blind and in grey
const STOPS = [
  '000004',
  '160b39',
  '420a68',
  '6a176e',
  '932667',
  'bc3754',
  'dd513a',
  'f37819',
  'fca50a',
  'f6d746',
  'fcffa4',
]
const RGB = STOPS.map((stop) => [0, 2, 4].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)))

/** the colour of a value, 0 to 1 */
function colour(value: number): readonly number[] {
  const place = Math.min(Math.max(value, 0), 1) * (RGB.length - 1)
  const index = Math.min(Math.floor(place), RGB.length - 2)
  const share = place - index
  return [0, 1, 2].map((c) => Math.round((RGB[index]?.[c] ?? 0) * (1 - share) + (RGB[index + 1]?.[c] ?? 0) * share))
}

/** A PNG in the page itself; `at` gives a pixel's value, 0 to 1, or null for a gap. */
export function picture(
  width: number,
  height: number,
  at: (x: number, y: number) => number | null,
  kind: 'tile' | 'sheet' = 'tile',
): Html {
  const png = new PNG({ width, height })
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = at(x, y)
      if (value !== null) png.data.set([...colour(value), 255], 4 * (y * width + x))
    }
  const data = PNG.sync.write(png, { deflateLevel: 9 }).toString('base64')
  return html`<img class="${kind}" width="${width}" height="${height}" alt="" src="data:image/png;base64,${data}">`
}

/** the colours in order, between what their ends stand for */
export const scale = (from: string, to: string): Html =>
  html`<div class="scale">${from} ${picture(64, 1, (x) => x / 63)} ${to}</div>`
