import { type Content, Html, html } from './html.ts'
import { STYLE } from './style.ts'

export interface PageContent {
  readonly title: string
  /** what the page is about, under the title */
  readonly intro: Content
  readonly sections: readonly Section[]
  readonly footer?: Content
}

export interface Section {
  /** of the section's element, for links */
  readonly id: string
  readonly title: string
  readonly parts: readonly Html[]
}

/** A whole page in one text: no script, no font, nothing to fetch. */
export function page({ title, intro, sections, footer = '' }: PageContent): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header><h1>${title}</h1><div class="intro">${intro}</div></header>
<nav aria-label="Contents"><ol>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
<main>
${sections.map(
  ({ id, title, parts }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${parts}
</section>
`,
)}</main>
<footer>${footer}</footer>
</body>
</html>
`.text
}

export interface FigureContent {
  readonly title: string
  /** a chart of plot.ts, an image of image.ts, or any HTML */
  readonly body: Html
  /** above the drawing: which colour is what */
  readonly legend?: Html
  /** how to read it */
  readonly sentence: string
  /** what it shows, for those who cannot see it */
  readonly description: string
}

export function figure({ title, body, legend, sentence, description }: FigureContent): Html {
  return html`<figure>
<h3>${title}</h3>
${legend ?? ''}<div class="drawing" role="img" aria-label="${description}">${body}</div>
<figcaption>${sentence}</figcaption>
</figure>
`
}

/** swatches; a dashed one stands for a dashed line */
export function legend(
  entries: readonly { readonly label: string; readonly colour: string; readonly dashed?: boolean }[],
): Html {
  return html`<ul class="legend">${entries.map(
    ({ label, colour, dashed }) =>
      html`<li><span class="swatch${dashed ? ' dashed' : ''}" style="color:${colour}"></span>${label}</li>`,
  )}</ul>`
}

export interface TableContent {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly (string | Html)[])[]
  /** how many columns at the left are names, not numbers; default 1 */
  readonly names?: number
  /** under the table: seeds, deviations, what was tuned on what */
  readonly note?: Content
}

/** The first column heads its row. Scrolls sideways in a box of its own where it does not fit. */
export function table({ caption, head, rows, names = 1, note }: TableContent): Html {
  const kind = (column: number) => (column < names ? 'name' : 'number')
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0"><table>
<caption><span>${caption}</span></caption>
<thead><tr>${head.map((cell, column) => html`<th scope="col" class="${kind(column)}">${cell}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([first = '', ...cells]) => html`<tr><th scope="row">${first}</th>${cells.map(
    (cell, index) => html`<td class="${kind(index + 1)}">${cell}</td>`,
  )}</tr>
`,
)}</tbody>
</table></div>
${note === undefined ? '' : html`<p class="note">${note}</p>`}
`
}

export const paragraph = (content: Content): Html => html`<p>${content}</p>
`
