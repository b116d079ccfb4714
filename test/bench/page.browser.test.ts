import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, launch, open } from './browser.ts'
import { palimpsest } from './command.ts'
import { FIGURES, LOOKS, type Shown } from './shown.ts'

const SCREENSHOTS = fileURLToPath(new URL('../../build/screenshots/', import.meta.url))

it.runIf(process.env.CI)('finds a Chromium', () => {
  expect(CHROMIUM, 'install chromium (apt-get install chromium) or say where it is with CHROMIUM').not.toBeNull()
})

describe.skipIf(CHROMIUM === null)('the report in a browser (needs Chromium)', () => {
  let folder = ''
  let browser: Browser

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
    const { status, stderr } = palimpsest('--quick', '--seeds', '2', '--out', folder)
    expect(status, stderr).toBe(0)
    mkdirSync(SCREENSHOTS, { recursive: true })
    browser = await launch(CHROMIUM ?? '')
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  describe.each(LOOKS)('$width wide, $colorScheme', (look) => {
    let page: Page
    let complaints: readonly string[]

    beforeAll(async () => {
      ;({ page, complaints } = await open(browser, join(folder, 'index.html'), look))
      await page.screenshot({ path: `${SCREENSHOTS}article-${look.width}-${look.colorScheme}.png`, fullPage: true })
    })
    afterAll(() => page.close())

    it('complains of nothing and fetches nothing', () => expect(complaints).toEqual([]))

    it('shows every figure, drawn, with a sentence and a description', async () => {
      const figures = await page.evaluate<Shown[]>(FIGURES)
      expect(figures.map(({ title }) => title)).toEqual([
        'Both accuracies, after both tasks',
        'Accuracy on both tasks while the second is learnt',
        'How far parameters moved, against their Fisher',
        'The first layer, pixel by pixel',
        'The first layer, unit by unit',
        'Both accuracies against lambda',
        'On how many digits each unit fires, before and after',
        'Average accuracy, rung by rung',
      ])
      for (const { sentence, description, marks, smallest, text, markup } of figures) {
        expect(sentence).toMatch(/^[A-Z].*\.$/)
        expect(description?.length).toBeGreaterThan(60)
        expect(marks).toBeGreaterThan(9)
        expect(smallest).toBe(40)
        expect(text).toBeGreaterThan(9)
        expect(markup + description + sentence).not.toMatch(/NaN|undefined|Infinity/)
      }
    })

    it('fits the window', async () => {
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(look.width)
    })

    it('has the colours that the reader asked for', async () => {
      const paper = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
      const light = Number(/\d+/.exec(paper)?.[0]) > 127
      expect(light).toBe(look.colorScheme === 'light')
    })
  })
})
