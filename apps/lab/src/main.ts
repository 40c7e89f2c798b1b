import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process, { stderr } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Experiment, runExperiments } from '@roomkey/experiment';
import { EXPERIMENTS } from './experiments/index.ts';
import type { LabExperiment } from './finding.ts';
import { renderReport } from './report/report.ts';
import { loadResults, resultOf, saveResult, type Result } from './results.ts';
import { describeSurroundings } from './surroundings.ts';
import { withVerdictTable } from './verdict-table.ts';

/**
 * `pnpm lab`: lists the experiments. `pnpm lab <name…> | all [--quick] [--json] [--out <folder>]`: carries them out; the exit code
 * says whether they could be, not what they found. `pnpm lab report`: makes the page anew of the results that are there.
 * `pnpm lab table`: writes the verdicts of the committed results into the README.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url));
const committed = join(root, 'apps/lab/results');
const { values, positionals } = readArguments();
const folder = resolve(values.out);

if (positionals[0] === 'table') await writeTable();
else if (positionals[0] === 'report') await writeReport();
else process.exitCode = await runChosen();

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        // Not in the demo's folder, which holds what is the demo's alone.
        out: { type: 'string', default: join(root, '.roomkey-lab') },
      },
    });
  } catch (error) {
    return leave(`${(error as Error).message} There are --quick, --json and --out <folder>.`);
  }
}

function leave(why: string): never {
  stderr.write(`${why}\n`);
  process.exit(2);
}

/** Before anything is carried out: results that cannot be kept are lost. */
async function requireFolder(): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    leave(`Results cannot be kept in ${folder}: ${(error as Error).message}`);
  }
}

async function runChosen(): Promise<number> {
  if (positionals.length > 0) await requireFolder();
  const args = values.json ? [...positionals, '--json'] : positionals;
  const code = await runExperiments('experiment', EXPERIMENTS.map(carriedOut), args, {
    isGood: () => true,
    tell,
  });
  if (positionals.length > 0 && code !== 2) await writeReport();
  return code;
}

function carriedOut(experiment: LabExperiment): Experiment<Result> {
  const { name, claim } = experiment;
  return {
    name,
    claim,
    async run(progress) {
      const startedAt = Date.now();
      const surroundings = await describeSurroundings();
      const finding = await experiment.run({ progress, isQuick: values.quick });
      const tookSeconds = Math.round((Date.now() - startedAt) / 1_000);
      const result = resultOf(experiment, finding, { isQuick: values.quick, tookSeconds, surroundings });
      await saveResult(folder, result);
      return result;
    },
  };
}

function tell(name: string, { verdict, because, rules, tables }: Result): string {
  const figures = tables.flatMap(({ title, columns, rows }) => [
    `  ${title}`,
    ...[columns, ...rows].map((row) => `    ${row.join('  |  ')}`),
  ]);
  const judged = [...rules.core, ...rules.unconditional].map(
    ({ says, met }) => `  ${met ? 'yes' : 'NO '}  ${says}`,
  );
  return [`${name}: ${verdict.toUpperCase()}`, `  ${because}`, ...figures, ...judged, ''].join('\n');
}

async function writeReport(): Promise<void> {
  const page = join(folder, 'report.html');
  await requireFolder();
  await writeFile(page, await renderReport(await loadResults(folder, EXPERIMENTS)));
  stderr.write(`The report is ${page}\n`);
}

async function writeTable(): Promise<void> {
  const readme = join(root, 'README.md');
  const results = await loadResults(committed, EXPERIMENTS);
  await writeFile(readme, withVerdictTable(await readFile(readme, 'utf8'), results));
}
