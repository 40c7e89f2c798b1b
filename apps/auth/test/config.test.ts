import { SettingsError } from '@roomkey/service';
import { expect, test } from 'vitest';
import { readSettings } from '../src/config.ts';
import { makeClient } from './clients.ts';
import { IMAGE, settingsFor } from './desk.ts';

const GOOD = settingsFor('postgres://user@127.0.0.1/auth');

function faultsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    readSettings({ ...GOOD, ...env });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

test('without issuer, keys, database or services it does not start, and all is named at once', () => {
  const named = faultsOf(Object.fromEntries(Object.keys(GOOD).map((name) => [name, undefined]))).join('\n');
  for (const name of [
    'ISSUER',
    'RESOURCE',
    'DATABASE_URL',
    'KEY_ENCRYPTION_KEY',
    'RESOURCES',
    'CORS_ORIGINS',
  ])
    expect(named).toContain(name);
});

test.each([
  [{ KEY_ENCRYPTION_KEY: 'short' }, /KEY_ENCRYPTION_KEY/],
  [{ KEY_ENCRYPTION_KEY: Buffer.alloc(16).toString('base64') }, /KEY_ENCRYPTION_KEY/],
  [{ ISSUER: 'https://desk.test/' }, /ISSUER/],
  [{ ACCESS_TOKEN_SECONDS: '3600' }, /ACCESS_TOKEN_SECONDS/],
  [{ KEY_PENDING_SECONDS: '61' }, /KEY_PENDING_SECONDS must be at least/],
  [{ RESOURCES: '{' }, /RESOURCES is not valid JSON/],
  [{ RESOURCES: '{"image":{"identifier":"x"}}' }, /RESOURCES/],
  [
    {
      RESOURCES: JSON.stringify({
        a: { identifier: IMAGE, scopes: ['x'] },
        b: { identifier: IMAGE, scopes: ['y'] },
      }),
    },
    /same identifier/,
  ],
  [{ RESOURCES: JSON.stringify({ a: { identifier: IMAGE, scopes: ['admin'] } }) }, /same scope/],
  [{ ROLES: '{"guest":["nonsense"]}' }, /nonsense/],
  [{ CLIENTS: '[{"id":"x","kind":"confidential"}]' }, /CLIENTS x: a confidential client has/],
])('%j is refused (security 59, 67)', (env, sentence) => {
  expect(faultsOf(env).join('\n')).toMatch(sentence);
});

test('a settings fault never repeats a secret', () => {
  expect(faultsOf({ KEY_ENCRYPTION_KEY: 'nearly-a-secret' }).join('\n')).not.toContain('nearly-a-secret');
});

test('declared clients stand beside the first-party one', async () => {
  const client = await makeClient('profile');
  const settings = readSettings({ ...GOOD, CLIENTS: JSON.stringify([client.definition]) });
  expect(settings.clients.map(({ id }) => id)).toEqual(['app', 'profile']);
});
