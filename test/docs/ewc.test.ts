import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blocksOf, commandOf, node, ROOT, read } from './pages.ts'

const page = read('docs/ewc.md')
const commands = blocksOf(page).flatMap((block) => commandOf(block) ?? [])

/** all numbers that a program printed on its lines, those inside words aside */
const numbersOf = (line: string) =>
  [...line.matchAll(/(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?/g)].map(([text]) => Number(text))

/** the number at a place of a line, both counted from 0; NaN when there is none */
type At = (line: number, place: number) => number

/** what each program is there to show */
const POINTS: Readonly<Record<string, (at: At, lines: readonly string[]) => void>> = {
  'pitfalls/crossed-labels': (at) => {
    expect(at(1, 0)).toBeCloseTo(1, 2)
    expect(at(2, 0)).toBeGreaterThan(5)
    expect(at(3, 1)).toBeLessThan(0.7)
  },
  'pitfalls/batch-average': (at) => {
    for (const line of [0, 1, 2]) {
      expect(at(line, 0)).toBe(10 ** (line + 1))
      expect(Math.abs(at(line, 1) / at(line, 3) - 1)).toBeLessThan(0.05)
    }
    expect(at(1, 1)).toBeLessThan(at(0, 1) / 8)
  },
  'pitfalls/batchnorm-statistics': (at) => {
    expect([at(0, 0), at(1, 0)]).toEqual([0, 0])
    expect(at(0, 2)).toBeLessThan(at(0, 1) - 0.1)
    expect(at(1, 2)).toBe(at(1, 1))
  },
  'pitfalls/zero-penalty': (at, lines) => {
    expect(at(0, 0)).toBe(0)
    expect(at(0, 1)).toBeGreaterThan(0.1)
    expect(lines.slice(1).every((line) => line.includes('PENALTY_POWERLESS'))).toBe(true)
  },
  'pitfalls/revived-units': (at) => {
    const [after, cutOff, floored] = [at(1, 1), at(1, 2), at(3, 1)]
    expect(at(0, 2)).toBeGreaterThan(0)
    expect(cutOff).toBeGreaterThan(after + 0.03)
    expect(floored).toBeGreaterThan(after + 0.03)
  },
  'pitfalls/large-steps': (at, lines) => {
    expect(at(0, 2)).toBeLessThan(1e-6)
    expect(at(0, 4)).toBeLessThan(1)
    expect(at(0, 6)).toBeGreaterThan(1)
    expect(lines[1]).toContain('PENALTY_UNSTABLE')
    expect(lines[2]).toMatch(/^Adam: 50 steps, penalty \d/)
  },
  'pitfalls/new-classes': (_, lines) => {
    const found = lines.map((line) => [...line.matchAll(/0\.\d{4}/g)].map(Number))
    for (const [old = 1, recent = 1] of found) expect(Math.min(old, recent)).toBeLessThan(0.8)
    expect(found[0]?.[2]).toBeLessThan(0.7)
    expect(found[1]?.[2]).toBeGreaterThan(0.9)
  },
  'figures/forgetting': (_, lines) => {
    const [ewc, none] = lines.map((line) => Number(line.split(' ').at(-1)))
    expect(ewc).toBeGreaterThan(0.9)
    expect(none).toBeLessThan(0.6)
  },
  'figures/quadratic': (at) => expect(at(4, 0)).toBeGreaterThan(5),
}

describe('docs/ewc.md', () => {
  it('shows every pitfall, and what each is there for is known', () => {
    const shown = commands.map(({ file }) => file.replace('dist/examples/', '').replace('.js', ''))
    const pitfalls = readdirSync(`${ROOT}examples/pitfalls`).map((file) => `pitfalls/${file.replace('.ts', '')}`)
    expect(shown.filter((name) => name.startsWith('pitfalls/')).toSorted()).toEqual(pitfalls.toSorted())
    expect(Object.keys(POINTS).toSorted()).toEqual(shown.toSorted())
  })

  it.each(commands)('$file prints what the page says, and it makes the point', ({ file, printed }) => {
    const figure = /figures\/(\w+)\.js$/.exec(file)?.[1]
    const stdout = node(file, ...(figure ? ['--svg', `build/${figure}.svg`] : []))
    expect(stdout).toBe(printed)
    if (figure) expect(read(`build/${figure}.svg`)).toBe(read(`docs/figures/${figure}.svg`))
    const lines = stdout.trimEnd().split('\n')
    const numbers = lines.map(numbersOf)
    POINTS[file.replace('dist/examples/', '').replace('.js', '')]?.(
      (line, place) => numbers[line]?.[place] ?? Number.NaN,
      lines,
    )
  })

  it('shows both tasks against lambda as the command draws them', () => {
    node('dist/examples/figures/lambda.js', '--svg', 'build/lambda.svg')
    expect(read('build/lambda.svg')).toBe(read('docs/figures/lambda.svg'))
  })

  it('quotes figures as the committed results have them', () => {
    const results = ['article', 'select', 'split-mnist-van-de-ven-split'].map((name) =>
      JSON.parse(read(`bench/results/${name}.json`)),
    )
    const figures: { name: string; value: number; std: number; params?: { recipe?: string } }[] = results.flatMap(
      (result) => result.figures,
    )
    const quoted = [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)]
    expect(quoted.length).toBeGreaterThan(4)
    for (const [, name, shown] of quoted) {
      const figure = figures.find((one) => one.name === name || one.params?.recipe === name)
      const text = (value = Number.NaN) => value.toFixed(4).replace(/^0/, '')
      expect(shown, name).toBe(`${text(figure?.value)} ± ${text(figure?.std)}`)
    }
  })
})
