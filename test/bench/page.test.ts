import { describe, expect, it } from 'vitest'
import { html } from '../../bench/page/html.ts'
import { picture } from '../../bench/page/image.ts'
import { figure, page, table } from '../../bench/page/page.ts'

describe('html', () => {
  it('escapes text, and text in lists, but not what is HTML already', () => {
    const bold = html`<b>${'a < b & "c"'}</b>`
    expect(bold.text).toBe('<b>a &lt; b &amp; &quot;c&quot;</b>')
    expect(html`${[bold, '<i>']}${1}`.text).toBe(`${bold.text}&lt;i&gt;1`)
  })
})

describe('page', () => {
  const written = page({
    title: 'A <title>',
    intro: 'an intro',
    sections: [
      {
        id: 'one',
        title: 'One',
        parts: [
          figure({ title: 'Drawn', body: html`<svg></svg>`, sentence: 'Read it so.', description: 'It "shows" this' }),
          table({ caption: 'Counted', head: ['name', 'value'], rows: [['a', '1']], note: 'seed 1' }),
        ],
      },
    ],
  })

  it('has a language, one heading and landmarks, and nothing that runs or is fetched', () => {
    expect(written).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(written.match(/<h1>/g)).toHaveLength(1)
    for (const landmark of ['header', 'nav', 'main', 'footer']) expect(written).toContain(`</${landmark}>`)
    expect(written).not.toMatch(/<script|https?:/)
    expect(written).toContain('A &lt;title&gt;')
  })

  it('describes figures and tables to a screen reader', () => {
    expect(written).toContain('role="img" aria-label="It &quot;shows&quot; this"')
    expect(written).toContain('<figcaption>Read it so.</figcaption>')
    expect(written).toContain('<caption><span>Counted</span></caption>')
    expect(written).toMatch(/<th scope="col"[^>]*>value<\/th>/)
    expect(written).toMatch(/<th scope="row">a<\/th><td class="number">1<\/td>/)
  })
})

describe('picture', () => {
  it('is a PNG in the page', () => {
    const { text } = picture(2, 1, (x) => (x === 0 ? null : 1))
    const [, data = ''] = /base64,([^"]+)"/.exec(text) ?? []
    expect(Buffer.from(data, 'base64').subarray(1, 4).toString()).toBe('PNG')
    expect(text).toContain('width="2" height="1"')
  })
})
