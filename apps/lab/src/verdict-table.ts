import type { Rules } from './finding.ts';
import type { Result } from './results.ts';

const BEGIN = '<!-- The lab writes what is between these marks: pnpm lab table -->';
const END = '<!-- End of what the lab writes -->';

/** The verdicts as a Markdown table, with links that lead from the root of the repository, and where they are from. */
export function verdictTable(results: readonly Result[]): string {
  const rows = results.map(
    ({ name, claim, verdict, because, rules }) =>
      `| [${name}](apps/lab/src/experiments/${name}/README.md) | ${cell(claim)} | **${verdict}** | ${cell(because)}${cell(unmet(rules))} |`,
  );
  const head = ['| experiment | claim | verdict | because |', '| --- | --- | --- | --- |'];
  return [...head, ...rows, '', origin(results)].join('\n');
}

/**
 * A document with the table between its marks.
 *
 * @throws when the document has no marks
 */
export function withVerdictTable(document: string, results: readonly Result[]): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`the document has no place for the table: ${BEGIN} … ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n${verdictTable(results)}\n${document.slice(end)}`;
}

function origin(results: readonly Result[]): string {
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const days = [...new Set(results.map(({ finishedAt }) => finishedAt.slice(0, 10)))];
  const quick = results.filter(({ isQuick }) => isQuick).length;
  return `${days.join(', ')}, ${machines.join('; ')}; ${quick} of ${results.length} with \`--quick\`: fewer rounds, wider spread.`;
}

/** What stands against the claim. */
function unmet({ core, unconditional }: Rules): string {
  const says = [...core, ...unconditional].filter(({ met }) => !met).map((rule) => rule.says);
  return says.length === 0 ? '' : ` *Not so:* ${says.join('; ')}.`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
