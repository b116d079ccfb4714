import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as root from 'palimpsest'
import { describe, expect, it } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const readme = readFileSync(here('../../README.md'), 'utf8')
const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)

describe('README', () => {
  it('has code blocks', () => expect(blocks.length).toBeGreaterThan(0))

  it.each(blocks.map((code, index) => ({ index, code })))('block $index runs, from the build', ({ index, code }) => {
    // inside the package, so that it can import itself by name
    const folder = here('../../build/readme/')
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}${index}.mjs`, code)
    const { status, stderr } = spawnSync(process.execPath, [`${folder}${index}.mjs`], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('lists every export of the root, and no other', () => {
    const [names = ''] = readme.split("From the article's names")
    const listed = [...names.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name)
    expect(listed.toSorted()).toEqual(Object.keys(root).toSorted())
  })
})
