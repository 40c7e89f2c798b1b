import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process, { stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { EXIT, type Experiment, runExperiments } from '@roomkey/experiment';
import { EXPERIMENTS } from './experiments/index.ts';
import type { LabExperiment } from './finding.ts';
import { parseOptions, USAGE, UsageError, type LabOptions } from './options.ts';
import { renderReport } from './report/report.ts';
import { loadResults, resultOf, saveResult, type Result } from './results.ts';
import { describeSurroundings } from './surroundings.ts';
import { withVerdictTable } from './verdict-table.ts';

/**
 * `pnpm lab`: lists the experiments. `pnpm lab <name…> | all [--quick] [--json] [--out <folder>]`: carries them out; the exit code
 * says whether they could be, not what they found (`--help` names the codes). `pnpm lab report`: makes the page anew of the results that are there.
 * `pnpm lab table`: writes the verdicts of the committed results into the README.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url));
const committed = join(root, 'apps/lab/results');
const options = readOptions();
// Not in the demo's folder, which holds what is the demo's alone.
const folder = resolve(options.out ?? join(root, '.roomkey-lab'));

// Explicit: an experiment that was interrupted is still under way.
process.exit(await carryOutCommand());

async function carryOutCommand(): Promise<number> {
  if (options.help) {
    stdout.write(USAGE);
    return EXIT.good;
  }
  if (options.command === 'table') return writeTable();
  if (options.command === 'report') return writeReport();
  return runChosen();
}

function readOptions(): LabOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return leave(error.message);
  }
}

function leave(why: string): never {
  stderr.write(`${why}\n`);
  process.exit(EXIT.wrongUse);
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
  const { experiments, json } = options;
  const args = json ? [...experiments, '--json'] : experiments;
  const code = await runExperiments('experiment', EXPERIMENTS.map(carriedOut), args, {
    isGood: () => true,
    tell,
    prepare: requireFolder,
    keep: (result) => saveResult(folder, result),
  });
  const wasCarriedOut = code === EXIT.good || code === EXIT.notCarriedOut;
  return experiments.length > 0 && wasCarriedOut ? Math.max(code, await writeReport()) : code;
}

function carriedOut(experiment: LabExperiment): Experiment<Result> {
  const { name, claim } = experiment;
  const { quick } = options;
  return {
    name,
    claim,
    async run(progress) {
      const startedAt = Date.now();
      const surroundings = await describeSurroundings();
      const finding = await experiment.run({ progress, isQuick: quick });
      const tookSeconds = Math.round((Date.now() - startedAt) / 1_000);
      return resultOf(experiment, finding, { isQuick: quick, tookSeconds, surroundings });
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

async function writeReport(): Promise<number> {
  const page = join(folder, 'report.html');
  await requireFolder();
  try {
    await writeFile(page, await renderReport(await loadResults(folder, EXPERIMENTS)));
  } catch (error) {
    stderr.write(`The report could not be made: ${(error as Error).message}\n`);
    return EXIT.notCarriedOut;
  }
  stderr.write(`The report is ${page}\n`);
  return EXIT.good;
}

async function writeTable(): Promise<number> {
  const readme = join(root, 'README.md');
  const results = await loadResults(committed, EXPERIMENTS);
  await writeFile(readme, withVerdictTable(await readFile(readme, 'utf8'), results));
  return EXIT.good;
}
