import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, launch, open } from './browser.ts'
import { FIGURES, LOOKS, type Shown } from './shown.ts'
import { drawn } from './speed-report.ts'

const SCREENSHOTS = fileURLToPath(new URL('../../build/screenshots/', import.meta.url))

describe.skipIf(CHROMIUM === null)('the report of the speed bench in a browser (needs Chromium)', () => {
  let folder = ''
  let browser: Browser

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
    writeFileSync(join(folder, 'index.html'), await drawn())
    mkdirSync(SCREENSHOTS, { recursive: true })
    browser = await launch(CHROMIUM ?? '')
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  describe.each(LOOKS)('$width wide, $colorScheme', (look) => {
    let page: Page
    let complaints: readonly string[]

    beforeAll(async () => {
      ;({ page, complaints } = await open(browser, join(folder, 'index.html'), look))
      await page.screenshot({ path: `${SCREENSHOTS}speed-${look.width}-${look.colorScheme}.png`, fullPage: true })
    })
    afterAll(() => page.close())

    it('complains of nothing and fetches nothing', () => expect(complaints).toEqual([]))

    it('shows every figure, drawn, with a sentence and a description', async () => {
      const figures = await page.evaluate<Shown[]>(FIGURES)
      expect(figures.map(({ title }) => title)).toEqual([
        'Share of the FMA peak that each product reaches',
        'A training step, part by part',
        'How much faster several threads are',
        'What threads cost beside 8 busy processes',
        'A step as its batch grows',
        'A step as its network widens',
        'Microseconds a row, 784-100-10',
        'Microseconds a row, 784-1000-1000-10',
        'Products, against other libraries',
        'Steps and Fisher, against other libraries',
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
      expect(Number(/\d+/.exec(paper)?.[0]) > 127).toBe(look.colorScheme === 'light')
    })
  })
})
