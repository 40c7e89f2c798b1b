export const STYLE = `
:root { color-scheme: light; --ink: #1d2428; --soft: #5d6a72; --line: #d9dfe2; --paper: #fff; }
body { margin: 0 auto; max-width: 54rem; padding: 2rem 1.25rem 5rem; font: 16px/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 2rem; line-height: 1.2; }
h2 { margin: 4rem 0 .5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: 1.5rem; }
h3 { margin: 1.75rem 0 .25rem; font-size: 1rem; color: var(--soft); }
h4 { margin: 0 0 .5rem; font-size: .95rem; }
a { color: #1f6f8b; }
blockquote { margin: .5rem 0; padding-left: 1rem; border-left: 3px solid var(--line); font-size: 1.15rem; font-style: italic; }
.because { font-size: 1.1rem; font-weight: 600; }
.verdict { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font: 600 .85rem/1.5 system-ui, sans-serif; white-space: nowrap; vertical-align: middle; }
.verdict.holds { background: #d7efdc; color: #14532d; }
.verdict.holds-under-conditions { background: #fdf0c8; color: #6b4e00; }
.verdict.does-not-hold { background: #fadcd6; color: #7c1d0f; }
small { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; width: 100%; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); }
td.number { font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0; }
figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .9rem; }
ul.rules { list-style: none; padding-left: 0; }
ul.rules li::before { display: inline-block; width: 1.4rem; font-weight: 700; }
li.met::before { content: '✓'; color: #14532d; }
li.unmet::before { content: '✗'; color: #7c1d0f; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: .5rem 0; }
dt { font-weight: 600; }
dd { margin: 0; }
code { font-size: .9em; background: #f2f5f6; padding: .05rem .25rem; border-radius: 3px; }
pre code { display: block; padding: .75rem; overflow-x: auto; }
details { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) { .verdict { white-space: normal; border-radius: .5rem; } dl { grid-template-columns: 1fr; } dd { margin: 0 0 .4rem 1rem; } }
`;
