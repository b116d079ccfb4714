import { provenanceOf } from '../../page/provenance.ts'
import type { Figure, Report } from '../../report.ts'
import { number, targetText } from '../../speed/print.ts'
import { meets } from '../../speed/section.ts'

/** A report that was committed, and where. */
export interface Committed {
  /** from the root of the project */
  readonly file: string
  readonly report: Report
}

/** A section of the page, and the pictures that it shows, by the names of their files. */
export interface Part {
  readonly text: string
  readonly pictures: ReadonlyMap<string, string>
}

export const FIGURES = 'docs/figures/'

/** whence it is, and what else the processors had to do */
export const originOf = ({ file, report }: Committed): string =>
  `From [\`${file}\`](../${file}): ${provenanceOf(report)} Load average before: ${report.machine.loadAverage.toFixed(2)}.`

/** the alternative text must be the drawing's description */
export const shown = (name: string, description: string): string => `![${description}](figures/${name})`

export const ms = (value: number): string => `${number(value)} ms`

export const count = (value: number): string => value.toLocaleString('en')

export const megabytes = (bytes: number): string => `${number(bytes / 1e6)} MB`

/** "met", "missed", or nothing */
export function verdict(figure: Figure | undefined): string {
  const met = figure ? meets(figure) : null
  return figure && met !== null ? `${targetText(figure)}: ${met ? 'met' : 'missed'}` : ''
}

/** the figures of a report by their names */
export function figuresIn({ report }: Committed): (name: string) => Figure | undefined {
  const byName = new Map(report.figures.map((figure) => [figure.name, figure]))
  return (name) => byName.get(name)
}
