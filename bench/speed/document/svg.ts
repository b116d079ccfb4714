import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { COLOUR } from '../../page/plot.ts'

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
const THEME = `
svg { --ewc: #0072b2; --none: #c75000; --grey: #6f6a60; --card: #ffffff; --ink: #22201b; }
@media (prefers-color-scheme: dark) {
  svg { --ewc: #56b4e9; --none: #ff9d4d; --grey: #98948b; --card: #14151a; --ink: #ece8df; }
}
`
/** keeps text legible on what it crosses */
export const HALO: Readonly<Record<string, unknown>> = {
  stroke: COLOUR.card,
  strokeWidth: 4,
  fill: 'currentColor',
  fontVariant: 'tabular-nums',
}

/**
 * A drawing: a file of its own, light or dark as the reader's device is
 * @param colours - more of them, as CSS
 */
export function svg(description: string, options: Readonly<Record<string, unknown>>, colours = ''): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const style = { color: 'var(--ink)', background: 'var(--card)', fontFamily: FONT, fontSize: '13px' }
  const drawn = Plot.plot({ document, className: 'plot', width: 760, style, ...options })
  drawn.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  drawn.setAttribute('role', 'img')
  drawn.setAttribute('aria-label', description)
  return `${drawn.outerHTML.replace(/<style>/, `<style>${THEME}${colours}`)}\n`
}
