// The neutral style sheet of a mail: readable, never wider than its column, quoted history behind a visible toggle.
const rules = `
:host { all: initial; display: block; color-scheme: inherit; }
.mail { font: 14px/20px var(--font-sans); color: var(--color-ink); overflow-wrap: anywhere; overflow-x: auto; }
.sheet { background: light-dark(transparent, #fff); box-shadow: 0 0 0 8px light-dark(transparent, #fff); border-radius: 2px; }
.mail.paper { color-scheme: light; color: #16191d; }
.mail > :first-child { margin-top: 0; }
.mail > :last-child { margin-bottom: 0; }
p { margin: 0 0 10px; }
h1, h2, h3, h4 { font-size: 16px; line-height: 24px; margin: 12px 0 6px; }
ul, ol { margin: 0 0 10px; padding-inline-start: 22px; }
img { max-width: 100%; height: auto; }
img:not([src]) { display: none; }
table { border-collapse: collapse; max-width: 100%; }
td, th { vertical-align: top; }
pre { white-space: pre-wrap; font: inherit; margin: 0 0 10px; }
code, kbd, samp, tt { font-family: var(--font-mono); font-size: 13px; }
hr { border: 0; border-top: 1px solid var(--color-line); margin: 12px 0; }
a { color: var(--color-accent); text-underline-offset: 2px; }
.paper a { color: #2257d6; }
:focus-visible { outline: 2px solid var(--color-accent); outline-offset: 1px; border-radius: 4px; }
blockquote { margin: 0 0 10px; padding-inline-start: 12px; border-inline-start: 2px solid var(--color-line-strong); color: var(--color-ink-2); }
.paper blockquote { color: #535d67; }
details.kept-fold { margin: 8px 0 0; }
details.kept-fold > summary {
  display: inline-flex; align-items: center; min-height: 24px; padding: 0 10px; border-radius: 999px; cursor: pointer;
  list-style: none; font-size: 12px; line-height: 16px; color: var(--color-ink-2); border: 1px solid var(--color-line-strong);
  user-select: none;
}
.paper details.kept-fold > summary { color: #535d67; }
details.kept-fold > summary::-webkit-details-marker { display: none; }
details.kept-fold > summary:hover { background: var(--color-sunken); color: var(--color-ink); }
details.kept-fold[open] > summary { margin-bottom: 10px; }
details.kept-fold[open] { color: var(--color-ink-2); }
`

let sheet: CSSStyleSheet | null = null

export function mailSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(rules)
  }
  return sheet
}
