import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verdictOf, type Finding, type LabExperiment, type Verdict } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** A finding as it is kept: one file an experiment, so that one can be made anew without the others. */
export interface Result extends Finding, Surroundings {
  readonly name: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly isQuick: boolean;
  readonly finishedAt: string;
  readonly tookSeconds: number;
}

export interface Run {
  readonly isQuick: boolean;
  readonly tookSeconds: number;
  readonly surroundings: Surroundings;
}

export function resultOf(
  { name, claim }: LabExperiment,
  finding: Finding,
  { surroundings, ...run }: Run,
): Result {
  const verdict = verdictOf(finding.rules);
  return { name, claim, verdict, ...run, finishedAt: new Date().toISOString(), ...surroundings, ...finding };
}

export async function saveResult(folder: string, result: Result): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${result.name}.json`), `${JSON.stringify(result, undefined, 1)}\n`);
}

/** The kept results of these experiments, in their order. */
export async function loadResults(
  folder: string,
  experiments: readonly LabExperiment[],
): Promise<readonly Result[]> {
  const files = new Set(await readdir(folder).catch(() => []));
  const known = experiments.filter(({ name }) => files.has(`${name}.json`));
  return Promise.all(
    known.map(async ({ name }) => JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Result),
  );
}
