import { describe, expect, it } from 'vitest'
import { read } from './pages.ts'

const fences = /^```.*?^```$/gms
const links = /\]\(([^)]+)\)/g

/** what a translation keeps, whatever the order of its words */
function kept(page: string) {
  const prose = page.replace(fences, '')
  const [, ...withoutSwitch] = [...prose.matchAll(links)].map(([, target]) => target)
  const words = prose.replace(links, ']').replace(/`[^`\n]+`/g, '')
  const code = [...prose.matchAll(/`[^`\n]+`/g)].map(([text]) => text)
  return {
    blocks: page.match(fences),
    indented: prose.match(/^ {4}\S.*$/gm),
    levels: prose.match(/^#+ /gm),
    emphasised: prose.match(/(?<!\*)\*[\w-]+\*(?!\*)/g),
    items: prose.match(/^- /gm)?.length,
    // of each row of a table: its columns, and the code in them
    rows: prose.match(/^\|.*\|$/gm)?.map((row) => [row.split(' | ').length, row.match(/`[^`\n]+`/g)]),
    links: withoutSwitch.toSorted(),
    code: code.toSorted(),
    numbers: words.match(/\d[\d,.]*\d|\d/g)?.toSorted(),
  }
}

describe('README.ja.md', () => {
  const [english, japanese] = [kept(read('README.md')), kept(read('README.ja.md'))]
  const parts = Object.keys(english) as (keyof typeof english)[]

  it.each(parts)('has the %s of README.md', (part) => expect(japanese[part]).toEqual(english[part]))

  it('and README.md link to each other in their first lines', () => {
    const top = (path: string) => read(path).split('\n').slice(0, 4).join('\n')
    expect(top('README.md')).toContain('(README.ja.md)')
    expect(top('README.ja.md')).toContain('(README.md)')
  })
})
