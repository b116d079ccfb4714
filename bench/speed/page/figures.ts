import type { Figure, Report } from '../../report.ts'

/** The figures of a report, by their names. */
export class Figures {
  readonly #byName: ReadonlyMap<string, Figure>

  constructor({ figures }: Pick<Report, 'figures'>) {
    this.#byName = new Map(figures.map((figure) => [figure.name, figure]))
  }

  get(name: string): Figure | undefined {
    return this.#byName.get(name)
  }

  value(name: string): number | undefined {
    return this.#byName.get(name)?.value
  }

  /** those whose names match, in order, each with its groups */
  matching(pattern: RegExp): { readonly figure: Figure; readonly parts: readonly string[] }[] {
    return [...this.#byName.values()].flatMap((figure) => {
      const match = pattern.exec(figure.name)
      return match ? [{ figure, parts: match.slice(1) }] : []
    })
  }
}

export const quartilesOf = ({ value, params }: Figure): readonly [number, number] =>
  (params?.quartiles as [number, number] | undefined) ?? [value, value]
