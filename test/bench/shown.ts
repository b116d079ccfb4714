/** what the page shows, as seen from inside it */
export const FIGURES: string = `[...document.querySelectorAll('figure')].map((figure) => {
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

export interface Shown {
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

/** who looks */
export const LOOKS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
] as const
