import { expect, test } from 'vitest';
import { openDesk } from './desk.ts';

test('the API description names every route, what it needs, and how tokens are got', async () => {
  await using desk = await openDesk();
  const app = await desk.replica();
  const response = await app.inject('/auth/docs/json');
  const { paths } = response.json<{
    paths: Record<string, Record<string, { summary?: string; security?: unknown[] }>>;
  }>();
  for (const path of ['/auth/accounts', '/auth/sessions', '/auth/token', '/auth/revoke', '/auth/introspect'])
    expect(Object.keys(paths)).toContain(path);
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.filter(({ summary }) => summary === undefined)).toEqual([]);
  const administration = Object.entries(paths).filter(([path]) => path.startsWith('/auth/admin/'));
  expect(administration.length).toBeGreaterThan(8);
  for (const [, methods] of administration)
    for (const { security } of Object.values(methods)) expect(security).toEqual([{ accessToken: [] }]);
});
