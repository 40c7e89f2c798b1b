import { readFile } from 'node:fs/promises';

/** What every experiment's README says, in this order, each under a heading of this name. */
export const PARTS = ['Question', 'Method', 'Control', 'What it means for you'] as const;

export type ReadmeParts = Readonly<Record<(typeof PARTS)[number], string>>;

const RIVALS = new URL('../../../../packages/rivals/README.md', import.meta.url);
const FAIRNESS = 'What was done to make them fair';

/**
 * The parts of an experiment's README, as Markdown.
 *
 * @throws naming the parts that are missing
 */
export async function readParts(experiment: string): Promise<ReadmeParts> {
  const parts = await readSections(new URL(`../experiments/${experiment}/README.md`, import.meta.url));
  const missing = PARTS.filter((part) => !parts.get(part));
  if (missing.length > 0) throw new Error(`the README of ${experiment} does not say: ${missing.join(', ')}`);
  return Object.fromEntries(parts) as ReadmeParts;
}

/**
 * What was done for the rivals of all experiments, as Markdown.
 *
 * @throws when their README does not say it
 */
export async function readFairness(): Promise<string> {
  const text = (await readSections(RIVALS)).get(FAIRNESS);
  if (text === undefined) throw new Error(`the README of the rivals does not say: ${FAIRNESS}`);
  return text;
}

/** What stands under each heading of the second level. */
async function readSections(file: URL): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(file, 'utf8');
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((part) => {
        const [title = '', ...lines] = part.split('\n');
        return [title.trim(), lines.join('\n').trim()];
      }),
  );
}
