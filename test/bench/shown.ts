import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, launch, open } from './browser.ts'

const SCREENSHOTS = fileURLToPath(new URL('../../build/screenshots/', import.meta.url))

/** what the page shows, as seen from inside it */
const FIGURES = `[...document.querySelectorAll('figure')].map((figure) => {
  const drawing = figure.querySelector('[role=img]')
  const shown = [...drawing.querySelectorAll('svg, img')].filter((e) => getComputedStyle(e).display !== 'none')
  return {
    title: figure.querySelector('h3').textContent,
    sentence: figure.querySelector('figcaption').textContent,
    description: drawing.getAttribute('aria-label'),
    marks: shown.reduce((n, e) => n + (e.tagName === 'IMG' ? 10 * Number(e.naturalWidth > 0) : e.querySelectorAll('path, circle, line, rect').length), 0),
    smallest: Math.min(...shown.map((e) => Math.min(e.getBoundingClientRect().width, 40))),
    text: Math.min(99, ...shown.flatMap((e) => [...e.querySelectorAll('text')]).map((e) => e.getScreenCTM().a * parseFloat(getComputedStyle(e).fontSize))),
    markup: drawing.innerHTML.replace(/data:[^"]*/g, ''),
  }
})`

interface Shown {
  readonly title: string
  readonly sentence: string
  readonly description: string | null
  readonly marks: number
  /** of an image or chart, in CSS pixels, 40 at most */
  readonly smallest: number
  /** height of the smallest text in a chart, in CSS pixels */
  readonly text: number
  readonly markup: string
}

const LOOKS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
] as const

export interface Report {
  /** of its screenshots */
  readonly name: string
  /** writes index.html into a folder */
  readonly write: (folder: string) => void | Promise<void>
  /** of its figures, in order */
  readonly titles: readonly string[]
}

/** What every report must be in a browser, wide and narrow, light and dark. */
export function describeReport({ name, write, titles }: Report): void {
  describe.skipIf(CHROMIUM === null)(`the ${name} report in a browser (needs Chromium)`, () => {
    let folder = ''
    let browser: Browser

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'palimpsest-'))
      await write(folder)
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
        await page.screenshot({ path: `${SCREENSHOTS}${name}-${look.width}-${look.colorScheme}.png`, fullPage: true })
      })
      afterAll(() => page.close())

      it('complains of nothing and fetches nothing', () => expect(complaints).toEqual([]))

      it('shows every figure, drawn, with a sentence and a description', async () => {
        const figures = await page.evaluate<Shown[]>(FIGURES)
        expect(figures.map(({ title }) => title)).toEqual(titles)
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
}
