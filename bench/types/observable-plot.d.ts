// what the benches use of @observablehq/plot, whose own types need the DOM's, which the package must not see
type Options = Readonly<Record<string, unknown>>

interface Chart {
  readonly outerHTML: string
  setAttribute(name: string, value: string): void
}

export function plot(options: Options): Chart
export function frame(options: Options): unknown
export function dot(data: readonly unknown[], options: Options): unknown
export function tickX(data: readonly unknown[], options: Options): unknown
export function groupY(outputs: Options, options: Options): Options
