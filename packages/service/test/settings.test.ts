import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from '@roomkey/schema';
import { afterAll, expect, test } from 'vitest';
import { loadSettings, roomSettings, serviceSettings, SettingsError } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'roomkey-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, description: 'port to listen on' }),
  SECRET: Type.String({ minLength: 8 }),
  VERBOSE: Type.Boolean({ default: false }),
  NAME: Type.Optional(Type.String()),
});

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadSettings(schema, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

test('values are converted, defaults filled in, the result frozen', () => {
  const settings = loadSettings(schema, { PORT: '80', SECRET: 'long enough', VERBOSE: 'true', UNKNOWN: 'x' });
  expect(settings).toEqual({ PORT: 80, SECRET: 'long enough', VERBOSE: true });
  expect(Object.isFrozen(settings)).toBe(true);
});

test('all faults are named at once, with the meaning of the setting', () => {
  const faults = faultsOf({ PORT: '80x', VERBOSE: 'perhaps' });
  expect(faults).toHaveLength(3);
  expect(faults.join('\n')).toMatch(/PORT must be integer \(port to listen on\)/);
  expect(faults.join('\n')).toMatch(/SECRET is missing/);
  expect(faults.join('\n')).toMatch(/VERBOSE must be boolean/);
});

test('a secret is read from the file that NAME_FILE names, without its last line break', () => {
  const file = join(folder, 'secret');
  writeFileSync(file, 'from the file\n');
  expect(loadSettings(schema, { PORT: '1', SECRET_FILE: file }).SECRET).toBe('from the file');
});

test('a secret given twice, or in a file that cannot be read, is a fault', () => {
  expect(faultsOf({ PORT: '1', SECRET: 'long enough', SECRET_FILE: 'x' })).toEqual([
    'SECRET and SECRET_FILE are both set; set one of them',
  ]);
  expect(faultsOf({ PORT: '1', SECRET_FILE: join(folder, 'none') })[0]).toMatch(
    /^SECRET_FILE cannot be read: ENOENT/,
  );
});

test('an empty value is not taken for a default', () => {
  expect(faultsOf({ PORT: '', SECRET: '' })).toHaveLength(2);
});

test('issuer, audience, keys and listening address have no default (security 6, 7)', () => {
  const missing = () => loadSettings(Type.Object({ ...serviceSettings, ...roomSettings }), {});
  for (const name of ['HOST', 'PORT', 'ISSUER', 'RESOURCE', 'JWKS_URL', 'STATUS_LISTS_URL', 'EVENTS_URL'])
    expect(missing).toThrow(`${name} is missing`);
});
