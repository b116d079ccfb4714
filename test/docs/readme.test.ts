import { readdirSync } from 'node:fs'
import * as root from 'palimpsest'
import { describe, expect, it } from 'vitest'
import { blocksOf, ROOT, read, runCode } from './pages.ts'

const readme = read('README.md')
const pages = [
  'README.md',
  ...readdirSync(`${ROOT}docs`).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]
const programs = pages.flatMap((page) =>
  blocksOf(read(page)).flatMap(({ language, text, next }, index) =>
    language === 'js' ? [{ page, index, code: text, printed: next?.language === '' ? next.text : null }] : [],
  ),
)

describe('JavaScript in the documents', () => {
  it.each(['README.md', 'docs/ewc.md'])('is in %s', (page) =>
    expect(programs.map((program) => program.page)).toContain(page),
  )

  it.each(programs)('$page, block $index runs against the build', ({ page, index, code, printed }) => {
    const stdout = runCode(page, index, code)
    if (printed !== null) expect(stdout).toBe(printed)
  })
})

it('README lists every export of the root, and no other', () => {
  const [names = ''] = readme.split("From the article's names")
  const listed = [...names.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name)
  expect(listed.toSorted()).toEqual(Object.keys(root).toSorted())
})

it.each([...pages, 'README.ja.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])(
  'the files that %s links to exist',
  (page) => {
    const folder = new URL(page, `file://${ROOT}`)
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#]+)\)/g))
      if (!target.includes(':'))
        expect(() => read(new URL(target, folder).pathname.slice(ROOT.length)), target).not.toThrow()
  },
)
