import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { Html } from './html.ts'

/** the page's colours, light or dark as the reader's device is */
export const COLOUR = {
  none: 'var(--none)',
  ewc: 'var(--ewc)',
  joint: 'var(--joint)',
  other: 'var(--other)',
  grey: 'var(--grey)',
  line: 'var(--line)',
  card: 'var(--card)',
} as const

export interface Size {
  readonly width: number
  /** on a phone: fewer ticks, shorter labels */
  readonly narrow: boolean
}

const SIZES: readonly Size[] = [
  { width: 716, narrow: false },
  { width: 304, narrow: true },
]

/** A chart, drawn once for a desk and once for a phone, so that its text is legible on both. Goes into a figure. */
export function chart(options: (size: Size) => Readonly<Record<string, unknown>>): Html {
  return new Html(SIZES.map((size) => drawn(options(size), size)).join(''))
}

function drawn({ style, ...options }: Readonly<Record<string, unknown>>, { width, narrow }: Size): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const theme = { background: 'none', color: 'currentColor', fontSize: narrow ? '11px' : '13px' }
  const look = { ...theme, ...(style as Record<string, string> | undefined) }
  const svg = Plot.plot({ document, width, className: 'plot', style: look, ...options })
  svg.setAttribute('class', narrow ? 'plot narrow' : 'plot wide')
  svg.setAttribute('aria-hidden', 'true') // the figure's description speaks for it
  return svg.outerHTML
}
