import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { env as own, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { containersOfCompose, containersOfOverlay } from './containers.ts';
import { OVERLAYS } from './overlay.ts';

/** What a service gives to requests in flight once it takes no new ones. */
const CLOSE_TIMEOUT_MS = 10_000;
/** Secrets of the right form, by the name of their file. */
const SAMPLES: Readonly<Record<string, string>> = {
  'access-key-id': 'an-access-key',
  'clients.json': '[]',
  'client-key': 'a private key',
  'database-url': 'postgres://role:password@postgres:5432/name',
  'secret-access-key': 'a secret',
  'key-encryption-key': Buffer.alloc(32, 'roomkey').toString('base64'),
};
const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
/** What the image says by itself. */
const ofImage = Object.fromEntries(
  [...dockerfile.matchAll(/\b(HOST|PORT)=(\S+)/g)].map(([, name, value]) => [name, value]),
);

const containers = [
  ...containersOfCompose('docker-compose.yml'),
  ...containersOfCompose('deploy/swarm/stack.yml'),
  ...OVERLAYS.flatMap(containersOfOverlay),
];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roomkey-settings-'));
  for (const [name, content] of Object.entries(SAMPLES)) await writeFile(join(folder, name), content);
});

test('each way to run the system starts each service', () => {
  const ways = Object.groupBy(containers, ({ where }) => where);
  expect(Object.keys(ways)).toHaveLength(2 + OVERLAYS.length);
  for (const way of Object.values(ways))
    expect(new Set(way?.map(({ app }) => app))).toEqual(new Set(['auth', 'image', 'profile', 'data']));
});

describe.each(containers)('$app in $where', ({ app, env, secrets, graceSeconds }) => {
  test('is given every setting it needs, each good, and none it does not know', async () => {
    const { looked, faults } = await read(app, env);
    expect(faults).toEqual([]);
    expect(Object.keys(env).filter((name) => !looked.includes(name))).toEqual([]);
  });

  test('finds each file that its settings name', () => {
    const files = Object.entries(env).filter(([name]) => name.endsWith('_FILE'));
    const isThere = (file: string) => secrets.some((path) => file === path || file.startsWith(`${path}/`));
    expect(files.filter(([, file]) => !isThere(file))).toEqual([]);
  });

  test('has the time to drain and to finish what is under way', () => {
    expect(graceSeconds * 1_000).toBeGreaterThan(Number(env['DRAIN_MS']) + CLOSE_TIMEOUT_MS);
  });
});

test('a setting that is missing, bad or unknown is noticed', async () => {
  const [{ app, env } = { app: '', env: {} }] = containers;
  const without = Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'ISSUER'));
  const { looked, faults } = await read(app, { ...without, DRAIN_MS: 'soon', DRAIN_MSEC: '1' });
  expect(faults).toHaveLength(2);
  expect(new Set(faults.map((fault) => fault.split(' ')[0]))).toEqual(new Set(['DRAIN_MS', 'ISSUER']));
  expect(looked).not.toContain('DRAIN_MSEC');
});

/** What an app makes of an environment, in a process of its own. */
async function read(app: string, env: Readonly<Record<string, string>>) {
  const given = Object.entries(env).map(([name, value]) => [
    name,
    name.endsWith('_FILE') ? join(folder, basename(value)) : value,
  ]);
  const { stdout } = await promisify(execFile)(
    execPath,
    [fileURLToPath(new URL('read-settings.ts', import.meta.url)), app],
    { env: { PATH: own['PATH'], ...ofImage, ...Object.fromEntries(given) } },
  );
  return JSON.parse(stdout) as { looked: string[]; faults: string[] };
}
