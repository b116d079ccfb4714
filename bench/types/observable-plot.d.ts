// what the benches use of @observablehq/plot, whose own types need the DOM's, which the package must not see
type Options = Readonly<Record<string, unknown>>
type Mark = (data: readonly unknown[], options?: Options) => unknown

interface Chart {
  readonly outerHTML: string
  setAttribute(name: string, value: string): void
}

export function plot(options: Options): Chart
export function gridX(options?: Options): unknown
export function gridY(options?: Options): unknown
export function frame(options: Options): unknown
export const areaX: Mark
export const areaY: Mark
export const barX: Mark
export const dot: Mark
export const line: Mark
export const link: Mark
export const ruleX: Mark
export const ruleY: Mark
export const text: Mark
export const tickX: Mark
export function axisX(options?: Options): unknown
export function axisY(options?: Options): unknown
export function groupY(outputs: Options, options: Options): Options
export function normalizeX(basis: string, options: Options): Options
