import { SettingsError } from '@roomkey/service';
import { settingsWithoutDesk } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { readSettings } from '../src/config.ts';

const COMMON = {
  HOST: '127.0.0.1',
  PORT: '0',
  CORS_ORIGINS: '*',
  ISSUER: 'http://127.0.0.1:1',
  RESOURCE: 'http://127.0.0.1:1/image',
  JWKS_URL: 'http://127.0.0.1:1/jwks',
  STATUS_LISTS_URL: 'http://127.0.0.1:1/lists',
  EVENTS_URL: 'http://127.0.0.1:1/events',
  DATABASE_URL: 'postgres://a:b@127.0.0.1:1/image',
  ...settingsWithoutDesk('image'),
};
const FOLDER = { OBJECTS_DIR: '/objects' };
const BUCKET = {
  S3_URL: 'http://127.0.0.1:1',
  S3_BUCKET: 'images',
  S3_ACCESS_KEY_ID: 'id',
  S3_SECRET_ACCESS_KEY: 'secret',
};

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

test('objects lie in a folder or in a bucket, and either is enough', () => {
  expect(readSettings({ ...COMMON, ...FOLDER })).toMatchObject(FOLDER);
  expect(readSettings({ ...COMMON, ...BUCKET })).toMatchObject({ ...BUCKET, S3_REGION: 'us-east-1' });
});

test('no object store is a refusal to start that names both kinds', () => {
  expect(faultsOf(COMMON)).toEqual([expect.stringMatching(/^OBJECTS_DIR is missing.* S3_URL/)]);
});

test('a bucket of which only a part is said is a refusal that names the rest', () => {
  for (const [name, value] of Object.entries(BUCKET)) {
    const missing = Object.keys(BUCKET).filter((other) => other !== name);
    const faults = faultsOf({ ...COMMON, [name]: value });
    expect(faults.map((fault) => fault.split(' ', 1)[0])).toEqual(missing);
  }
  expect(faultsOf({ ...COMMON, ...BUCKET, S3_BUCKET: 'No/Bucket', S3_URL: 's3://x' })).toHaveLength(2);
});

test('a folder and a bucket together are a refusal, with all other faults', () => {
  const faults = faultsOf({ ...COMMON, ...FOLDER, ...BUCKET, PORT: 'x' });
  expect(faults[0]).toMatch(/^OBJECTS_DIR and S3_URL, S3_BUCKET, .* are both set/);
  expect(faults[1]).toMatch(/^PORT/);
  expect(faultsOf({ ...COMMON, ...FOLDER, S3_SECRET_ACCESS_KEY_FILE: '/none' })[0]).toContain('both set');
});
