/** Colours after Okabe and Ito, told apart by the colour-blind; lighter ones on a dark page. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #faf8f3; --card: #ffffff; --ink: #22201b; --soft: #5f5a50; --line: #ddd7ca;
  --none: #c04f00; --ewc: #0072b2; --joint: #00805d; --other: #a3568a; --grey: #6f6a60;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14151a; --card: #1c1e25; --ink: #ece8df; --soft: #aba69b; --line: #34363f;
    --none: #ff8a3d; --ewc: #56b4e9; --joint: #2fc79b; --other: #dd9cc8; --grey: #98948b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0 auto; max-width: 50rem; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 Charter, "Bitstream Charter", "Iowan Old Style", Georgia, "Noto Serif", serif;
  overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.2; text-wrap: balance; font-weight: 600; }
h1 { font-size: clamp(1.75rem, 6vw, 2.6rem); letter-spacing: -.02em; margin: 0 0 1rem; }
h2 { font-size: 1.55rem; letter-spacing: -.01em; margin: 3.5rem 0 .75rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 0 0 .6rem; }
a { color: var(--ewc); text-underline-offset: .15em; }
.intro { color: var(--soft); font-size: 1.125rem; }
.intro p { margin: .5rem 0; }
.intro strong { color: var(--ink); }
nav ol { margin: 1.5rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
nav, .legend, .table, .note, svg, .caption, footer { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
nav { font-size: .9rem; }
figure { margin: 1.75rem 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
figcaption { margin-top: .9rem; font-size: .98rem; line-height: 1.5; color: var(--soft); }
.drawing svg { display: block; max-width: 100%; height: auto; margin: 0 auto; overflow: visible; }
.drawing svg.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0 0 .75rem; padding: 0; list-style: none; font-size: .85rem; }
.swatch { display: inline-block; width: 1.4em; margin-right: .45em; vertical-align: .25em; border-top: .2em solid; }
.swatch.dashed { border-top-style: dashed; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; }
.pictures .caption { margin-top: .4rem; font-size: .82rem; line-height: 1.35; color: var(--soft); }
.pictures .caption b { display: block; color: var(--ink); font-weight: 600; }
img { display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: .2rem; }
img.sheet { max-width: 36rem; margin: 0 auto; }
.scale { display: flex; align-items: center; justify-content: center; gap: .6rem; margin-top: .8rem; font: .82rem system-ui, sans-serif; color: var(--soft); }
.scale img { width: 9rem; height: .7rem; }
.table { margin: 1.5rem 0 .5rem; overflow-x: auto; font-size: .86rem; border-radius: .3rem; }
.table:focus-visible { outline: 2px solid var(--ewc); outline-offset: 3px; }
table { border-collapse: collapse; min-width: 100%; font-variant-numeric: tabular-nums; line-height: 1.4; }
caption { text-align: left; font-weight: 600; padding: 0 0 .5rem; }
caption span { display: block; position: sticky; left: 0; max-width: calc(min(100vw, 50rem) - 2rem); }
th, td { padding: .38rem .75rem .38rem 0; border-bottom: 1px solid var(--line); text-align: left; font-weight: 400; white-space: nowrap; vertical-align: top; }
td.name { white-space: normal; min-width: 5rem; }
thead th { color: var(--soft); font-size: .82rem; }
.number { text-align: right; }
th:last-child, td:last-child { padding-right: 0; }
.note { margin: 0 0 1.5rem; font-size: .84rem; line-height: 1.5; color: var(--soft); }
code { font: .92em ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
footer { margin-top: 3.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .84rem; color: var(--soft); }
@media (max-width: 34rem) {
  body { padding: 1.5rem .875rem 3rem; }
  figure { padding: .8rem .75rem; }
  tbody th { white-space: normal; min-width: 6.5rem; }
  .drawing svg.wide { display: none; }
  .drawing svg.narrow { display: block; }
}
@media print { figure { break-inside: avoid; } }
`
