import { expect, test } from 'vitest';
import { openProfile } from './open-profile.ts';

interface Operation {
  summary?: string;
  tags?: string[];
  security?: unknown;
  responses: Record<string, unknown>;
}

test('every route describes itself: what for, with which token, what comes back', async () => {
  await using profile = await openProfile();
  const { paths } = (await profile.app.inject('/profile/docs/json')).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();

  expect(Object.keys(paths)).toEqual([
    '/profile/me',
    '/profile/me/avatar',
    '/profile/profiles',
    '/profile/profiles/{handle}',
    '/profile/profiles/{handle}/avatar',
  ]);
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    expect(operation.summary).toMatch(/\w+/);
    expect(operation.tags).toHaveLength(1);
    expect(operation.security).toEqual([{ accessToken: [] }]);
    expect(Object.keys(operation.responses)).toContain('4XX');
  }
});
