import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cacheFolder } from '../../src/data/cache.ts'
import { node, ROOT, read } from './pages.ts'

it('examples/article.ts keeps MNIST with EWC, loses it without, and says so', () => {
  const stdout = node('dist/examples/article.js', '--images', '6000')
  const [kept = [], lost = []] = [...stdout.matchAll(/EWC: MNIST (\d\.\d+), Fashion (\d\.\d+)/g)].map(
    ([, mnist, fashion]) => [Number(mnist), Number(fashion)],
  )
  expect(kept[0]).toBeGreaterThan(0.8)
  expect(kept[1]).toBeGreaterThan(0.6)
  expect(lost[0]).toBeLessThan(0.6)
  expect(lost[1]).toBeGreaterThan(0.7)
})

it('examples/own-method.ts forgets less with its spring than without', () => {
  const [free = [], held = []] = [
    ...node('dist/examples/own-method.js').matchAll(/MNIST (\d\.\d+), Fashion (\d\.\d+)/g),
  ].map(([, mnist, fashion]) => [Number(mnist), Number(fashion)])
  expect(held[0]).toBeGreaterThan((free[0] ?? 1) + 0.05)
  expect(held[1]).toBeGreaterThan(0.7)
})

it('examples/own-stream.ts learns sets of IDX files one after the other', () => {
  const cached = (name: string) => join(cacheFolder(), name)
  const stdout = node('dist/examples/own-stream.js', cached('mnist'), cached('fashion-mnist'))
  const [, alone, kept, recent] = /after mnist: (.*)\nafter fashion-mnist: (.*) {2}(.*)\n/.exec(stdout) ?? []
  expect(Number(alone)).toBeGreaterThan(0.92)
  expect(Number(kept)).toBeGreaterThan(0.85)
  expect(Number(recent)).toBeGreaterThan(0.78)
  const [average, moved] = [(Number(kept) + Number(recent)) / 2, Number(kept) - Number(alone)]
  expect(Number(/average (.*)/.exec(stdout)?.[1])).toBeCloseTo(average, 3)
  expect(Number(/BWT (.*),/.exec(stdout)?.[1])).toBeCloseTo(moved, 3)
})

const lines = (path: string) => read(path).trimEnd().split('\n').length

it('examples are short enough to be read', () => {
  expect(lines('examples/article.ts')).toBeLessThanOrEqual(40)
  expect(lines('examples/own-method.ts')).toBeLessThanOrEqual(40)
  for (const name of readdirSync(`${ROOT}examples/pitfalls`))
    expect(lines(`examples/pitfalls/${name}`), name).toBeLessThanOrEqual(50)
})
