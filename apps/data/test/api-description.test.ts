import { expect, test } from 'vitest';
import { openData } from './open-data.ts';

interface Operation {
  summary?: string;
  tags?: string[];
  security?: unknown;
  responses: Record<string, unknown>;
}

test('every route describes itself: what for, with which token, what comes back', async () => {
  await using data = await openData();
  const { paths } = (await data.app.inject('/data/docs/json')).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();

  expect(Object.keys(paths)).toEqual([
    '/data/collections/{collection}/documents',
    '/data/collections/{collection}/documents/{id}',
    '/data/collections/{collection}/documents/{id}/shares/{subject}',
    '/data/collections/{collection}/documents/{id}/shares',
    '/data/shared',
    '/data/shared/{id}',
    '/data/collections/{collection}/changes',
    '/data/export',
  ]);
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    expect(operation.summary).toMatch(/\w+/);
    expect(operation.tags).toHaveLength(1);
    expect(operation.security).toEqual([{ accessToken: [] }]);
    expect(Object.keys(operation.responses)).toContain('4XX');
  }
});
