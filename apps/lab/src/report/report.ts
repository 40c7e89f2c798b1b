import { marked } from 'marked';
import type { Rule, Rules, Table } from '../finding.ts';
import type { Plot } from '../plots.ts';
import type { Result } from '../results.ts';
import { plotToSvg } from './plot-to-svg.ts';
import { PARTS, readFairness, readParts } from './readme-parts.ts';
import { READING } from './reading.ts';
import { STYLE } from './style.ts';

/** All results as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export async function renderReport(results: readonly Result[]): Promise<string> {
  const [fairness, ...sections] = await Promise.all([readFairness(), ...results.map(renderResult)]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Roomkey lab: tokens and sessions, tried</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Tokens and sessions, tried</h1>
<p>Articles make many claims for signed tokens against sessions. Each claim below was tried on one machine, beside a session system that was
built just as carefully, and got a verdict by rules that were written down before. A <em>token</em> is a signed text that a service can check
by itself; a <em>session</em> is an entry in a store that a service has to look up.</p>
<p>${escape(whereAndWhen(results))}</p>
</header>
<nav class="wide">${renderOverview(results)}</nav>
<h2>How to read it</h2>
${READING}
<h2 id="rivals">What was done to make the rivals fair</h2>
<p>The rival is the same small service (Fastify) in everything but how it knows who asks. For all of them:</p>
${marked.parse(fairness, { async: false })}
<p>What was done for one experiment alone stands there, under Control.</p>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function whereAndWhen(results: readonly Result[]): string {
  const each = (pick: (result: Result) => string): string => [...new Set(results.map(pick))].join('; ');
  const quick = results.some(({ isQuick }) => isQuick) ? ' With --quick: fewer rounds, wider spread.' : '';
  return `Machine: ${each(({ machine }) => machine)}. Commit: ${each(({ commit }) => commit)}. ${each(({ finishedAt }) => finishedAt.slice(0, 10))}.${quick}`;
}

function renderOverview(results: readonly Result[]): string {
  const rows = results.map(
    ({ name, claim, verdict, rules }) =>
      `<tr><td><a href="#${name}">${name}</a></td><td>${escape(claim)}${renderUnmet(rules)}</td><td>${badge(verdict)}</td></tr>`,
  );
  return `<table><thead><tr><th>experiment</th><th>claim</th><th>verdict</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** What stands against the claim: the reader of the overview learns the conditions. */
function renderUnmet({ core, unconditional }: Rules): string {
  const unmet = [...core, ...unconditional].filter(({ met }) => !met);
  return unmet.length === 0
    ? ''
    : `<br><small>Not so: ${withCode(unmet.map(({ says }) => says).join('; '))}.</small>`;
}

async function renderResult(result: Result): Promise<string> {
  const [parts, plots] = await Promise.all([
    readParts(result.name),
    Promise.all(result.plots.map(renderPlot)),
  ]);
  const [question, method, control, meaning] = PARTS.map((part) =>
    marked.parse(parts[part], { async: false }),
  );
  return `<section id="${result.name}">
<h2>${result.name} ${badge(result.verdict)}</h2>
<blockquote>${escape(result.claim)}</blockquote>
<p class="because">${withCode(result.because)}</p>
<h3>Question</h3>${question}
<h3>Method</h3>${method}
<h3>Control</h3>${control}<p><a href="#rivals">What was done for all rivals</a></p>
<h3>What was seen</h3>
${plots.join('\n')}
${result.tables.map(renderTable).join('\n')}
<h3>Verdict: ${result.verdict}</h3>
${renderRules('For the claim to hold at all', result.rules.core)}
${renderRules('For it to hold without conditions', result.rules.unconditional)}
<h3>What it means for you</h3>${meaning}
${renderSurroundings(result)}
</section>`;
}

async function renderPlot(plot: Plot): Promise<string> {
  return `<figure role="img" aria-label="${escape(plot.title)}"><h4>${escape(plot.title)}</h4>${await plotToSvg(plot)}<figcaption>${escape(plot.caption)}</figcaption></figure>`;
}

function renderTable({ title, columns, rows }: Table): string {
  const head = columns.map((column) => `<th>${escape(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(renderCell).join('')}</tr>`).join('');
  return `<div class="wide"><table><caption>${escape(title)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function renderCell(value: string | number): string {
  return typeof value === 'number'
    ? `<td class="number">${value.toLocaleString('en')}</td>`
    : `<td>${escape(value)}</td>`;
}

function renderRules(heading: string, rules: readonly Rule[]): string {
  if (rules.length === 0) return '';
  const items = rules.map(
    ({ says, met }) => `<li class="${met ? 'met' : 'unmet'}">${withCode(says)}: ${met ? 'yes' : 'no'}</li>`,
  );
  return `<p>${heading}:</p><ul class="rules">${items.join('')}</ul>`;
}

function renderSurroundings({ machine, commit, versions, finishedAt, tookSeconds, isQuick }: Result): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `<details><summary>Machine and versions</summary><p>${escape(machine)}. Commit ${escape(commit)}. ${escape(used.join(', '))}.
Finished ${finishedAt}, took ${tookSeconds} s${isQuick ? ', with --quick: fewer rounds' : ''}.</p></details>`;
}

function badge(verdict: string): string {
  return `<span class="verdict ${verdict.replaceAll(' ', '-')}">${verdict}</span>`;
}

/** What stands between backticks is code, as in Markdown. */
function withCode(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
