import { Ewc } from 'palimpsest'
import * as continual from 'palimpsest/continual'
import { describe, expect, it } from 'vitest'
import { blocksOf, commandOf, node, read } from './pages.ts'

const page = read('docs/methods.md')
const commands = blocksOf(page).flatMap((block) => commandOf(block) ?? [])

describe('docs/methods.md', () => {
  it.each(commands)('$file prints what the page says', ({ file, printed }) => {
    expect(node(file)).toBe(printed)
  })

  it('has a section and a row of the table for every method, which says whether it keeps samples', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| .+ \| (yes|no) \|$/gm)].map(([, name, keeps]) => [name, keeps])
    const options = { lambda: 1, samples: 1, inputs: 1 }
    const made = Object.entries(continual).flatMap(([name, one]) => {
      if (!/^class /.test(String(one))) return []
      const { storesSamples } = new (one as new (given: object) => { storesSamples?: boolean })(options)
      return storesSamples === undefined ? [] : [[name, storesSamples ? 'yes' : 'no']]
    })
    expect(rows.toSorted()).toEqual(made.toSorted())
    for (const [name] of rows) expect(page).toContain(`\n## ${name}\n`)
    expect(made).toContainEqual([Ewc.name, 'no'])
  })

  it('quotes averages of settings as the committed results have them', () => {
    interface Figure {
      readonly name: string
      readonly value: number
      readonly std: number
      readonly params?: { readonly recipe?: string; readonly settings?: object }
    }
    const figures = ['select', 'permuted-mnist-kutalev'].flatMap(
      (file): Figure[] => JSON.parse(read(`bench/results/${file}.json`)).figures,
    )
    const quoted = [...page.matchAll(/^\| `([^`]+)` \| (\.\d{4} ± \.\d{4}) \|/gm)]
    expect(quoted.length).toBeGreaterThan(5)
    for (const [, settings = '', shown] of quoted) {
      const found = figures.filter(
        ({ name, params }) =>
          params?.recipe === settings ||
          (name === 'permuted-mnist/kutalev/domain/ewc-online/acc' && JSON.stringify(params?.settings) === settings),
      )
      const text = (value: number) => value.toFixed(4).replace(/^0/, '')
      expect(
        found.map(({ value, std }) => `${text(value)} ± ${text(std)}`),
        settings,
      ).toEqual([shown])
    }
  })

  it('shows a method of less than 30 lines', () => {
    const source = read('examples/own-method.ts')
    const [own = ''] = /^function spring.*?^}$/ms.exec(source) ?? []
    expect(own.split('\n').length).toBeGreaterThan(10)
    expect(own.split('\n').length).toBeLessThan(30)
  })
})
