/** The system on a swarm of one node, from nothing to nothing. The tests build on one another and run in this order. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moveIn, register, signIn, type Guest } from './guest.ts';
import { startLoad, type Load } from './load.ts';
import { docker, run } from './run.ts';
import { freePorts, ROOT } from './stack.ts';
import { createSwarm, type Swarm } from './swarm.ts';

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
const JWKS = '/.well-known/jwks.json';
const say = (text: string): boolean => stdout.write(`${text}\n`);

let swarm: Swarm;
let guest: Guest;
let rooms: readonly string[];

beforeAll(async () => {
  const [port = 0, httpsPort = 0] = await freePorts(2);
  swarm = createSwarm({ port, httpsPort, folder: await mkdtemp(join(tmpdir(), 'roomkey-swarm-')) });
  const startedAt = Date.now();
  await run('docker', ['compose', 'build', '--quiet'], { cwd: ROOT });
  await swarm.open();
  say(`images and a swarm are there after ${seconds(startedAt)}`);
});

afterAll(async () => {
  await swarm.close();
  await rm(swarm.folder, { recursive: true, force: true });
});

test('two commands bring it up on a node: what a demo is given, and the stack', async () => {
  const startedAt = Date.now();
  await swarm.demo();
  say(`secrets, networks and PostgreSQL are there after ${seconds(startedAt)}`);
  say(await swarm.deploy());
  const askForKeys = async () => (await fetch(`${swarm.origin}${JWKS}`).catch(() => undefined))?.status;
  await expect.poll(askForKeys, { timeout: 60_000 }).toBe(200);
  say(`up after ${seconds(startedAt)}`);
});

test('a guest moves in through the balancer, and any replica answers', async () => {
  guest = await register(swarm.origin);
  const card = await signIn(swarm.origin, guest);
  rooms = await moveIn(swarm.origin, card);
  await using load = startLoad(swarm.origin, [...rooms, JWKS], card);
  await load.until(() => load.shares.size === 2 * SERVICES.length);
  expect(load.failures).toEqual([]);
});

test('every replica of every service is replaced by one of another version, and it costs no request', async () => {
  const card = await signIn(swarm.origin, guest);
  const before = await Promise.all(SERVICES.map((name) => swarm.containers(name)));
  await using load = startLoad(swarm.origin, [...rooms, JWKS], card);
  await more(load, 500);
  const startedAt = Date.now();
  await swarm.deploy({ LOG_LEVEL: 'warn' });
  say(`rolled in ${seconds(startedAt)}`);
  load.forgetShares();
  await load.until(() => load.shares.size === 2 * SERVICES.length);
  await more(load, 500);
  report(load);
  expect(load.failures).toEqual([]);
  // The last to leave may still be about to.
  const remaining = async () => {
    const after = await Promise.all(SERVICES.map((name) => swarm.containers(name)));
    return after.flat().filter((container) => before.flat().includes(container));
  };
  await expect.poll(remaining, { timeout: 30_000 }).toEqual([]);
});

test('a version that does not start is taken back, and it costs no request', async () => {
  const card = await signIn(swarm.origin, guest);
  const before = await swarm.containers('image');
  await using load = startLoad(swarm.origin, rooms, card);
  await more(load, 100);
  const service = `${swarm.name}_image`;
  await docker(
    'service',
    'update',
    '--detach',
    '--no-resolve-image',
    '--env-add',
    'QUOTA_IMAGES=none',
    service,
  );
  const state = () => docker('service', 'inspect', '--format', '{{.UpdateStatus.State}}', service);
  await expect.poll(state, { timeout: 120_000 }).toBe('rollback_completed');
  await more(load, 100);
  report(load);
  expect(load.failures).toEqual([]);
  expect(new Set(await swarm.containers('image'))).toEqual(new Set(before));
});

test('more replicas are found by the balancer, a killed one is replaced, and it costs no request', async () => {
  const card = await signIn(swarm.origin, guest);
  await using load = startLoad(swarm.origin, rooms.slice(0, 1), card);
  await docker('service', 'scale', `${swarm.name}_image=3`);
  load.forgetShares();
  await load.until(() => load.shares.size === 3);
  const [victim = ''] = await swarm.containers('image');
  await docker('kill', victim);
  await load.until(() => load.shares.size === 4);
  await more(load, 200);
  report(load);
  expect(load.failures).toEqual([]);
});

test('a service holds its own secrets alone, and runs without rights', async () => {
  const [container = ''] = await swarm.containers('profile');
  const inside = (script: string) => docker('exec', container, 'bash', '-c', script);
  expect((await inside('ls /run/secrets')).split('\n').sort()).toEqual(['client-key', 'database-url']);
  const status = await inside('cat /proc/1/status');
  expect(status).toMatch(/^Uid:\s+1000\s/m);
  expect(status).toMatch(/^CapEff:\s+0+$/m);
  expect(await inside('touch /here 2>&1 || true')).toMatch(/Read-only file system/);
});

test('taken down, it leaves nothing', async () => {
  expect(await swarm.remains()).not.toEqual([]);
  const startedAt = Date.now();
  await swarm.close();
  expect(await swarm.remains()).toEqual([]);
  say(`taken down in ${seconds(startedAt)}`);
});

const seconds = (startedAt: number): string => `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`;

async function more(load: Load, count: number): Promise<void> {
  const goal = load.answered() + count;
  await load.until(() => load.answered() >= goal || load.failures.length > 0);
}

function report(load: Load): void {
  const shares = [...load.shares].map(([replica, count]) => `${replica}: ${count}`).sort();
  say(`${load.answered()} answered, ${load.failures.length} failed; ${shares.join(', ')}`);
}
