import { readFile } from 'node:fs/promises';

/** What every experiment's README says, in this order, each under a heading of this name. */
export const PARTS = ['Question', 'Method', 'Control', 'What it means for you'] as const;

export type ReadmeParts = Readonly<Record<(typeof PARTS)[number], string>>;

/**
 * The parts of an experiment's README, as Markdown.
 *
 * @throws naming the parts that are missing
 */
export async function readParts(experiment: string): Promise<ReadmeParts> {
  const text = await readFile(new URL(`../experiments/${experiment}/README.md`, import.meta.url), 'utf8');
  const parts = new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((part) => {
        const [title = '', ...lines] = part.split('\n');
        return [title.trim(), lines.join('\n').trim()];
      }),
  );
  const missing = PARTS.filter((part) => !parts.get(part));
  if (missing.length > 0) throw new Error(`the README of ${experiment} does not say: ${missing.join(', ')}`);
  return Object.fromEntries(parts) as ReadmeParts;
}
