import { describe, expect, it } from 'vitest'
import { sources } from '../sources.ts'
import { read } from './pages.ts'

const architecture = read('ARCHITECTURE.md')
const section = (title: string) => architecture.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

describe('the reading path', () => {
  const files = [...section('A reading path').matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file = '']) => file)

  it('has at most 8 files and 600 lines, and ends with the penalty', () => {
    expect(files.length).toBeGreaterThan(4)
    expect(files.length).toBeLessThanOrEqual(8)
    expect(files.at(-1)).toBe('src/continual/ewc.reference.ts')
    const lines = files.map((file) => read(file).trimEnd().split('\n').length)
    expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(600)
  })
})

describe('the glossary', () => {
  const names = [...section('Glossary').matchAll(/^\| [^|]+ \| `([^`]+)` \| /gm)].map(([, name = '']) => name)
  const code = [...sources('src', /\.ts$/), ...sources('native', /\.h$/)].map(({ text }) => text).join('\n')

  it('has names', () => expect(names.length).toBeGreaterThan(15))

  it.each(names)('%s is what the code calls it', (name) => expect(code).toMatch(new RegExp(`\\b${name}\\b`)))
})
