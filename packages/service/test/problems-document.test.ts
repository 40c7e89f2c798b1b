import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROBLEMS } from '../src/index.ts';

test('docs/problems.md describes every problem, each with its status, and no other', () => {
  const document = readFileSync(new URL('../../../docs/problems.md', import.meta.url), 'utf8');
  const rows = document.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm);
  const described = Object.fromEntries([...rows].map(([, slug = '', status]) => [slug, Number(status)]));
  const known = Object.fromEntries(Object.entries(PROBLEMS).map(([slug, { status }]) => [slug, status]));
  expect(described).toEqual(known);
});
