/** The system in containers, from nothing to nothing. The tests build on one another and run in this order. */
import { stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testConfinement } from './confinement.ts';
import { moveIn, register, signIn, type Guest } from './guest.ts';
import { startLoad, type Load } from './load.ts';
import { testHttps } from './https.ts';
import { testObservability } from './observability.ts';
import { docker, run } from './run.ts';
import { createStack, ROOT } from './stack.ts';

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
const JWKS = '/.well-known/jwks.json';

/** Of every profile: what is left of an earlier run that was broken off, too. */
const EVERYTHING = ['--profile', '*'];

const stack = await createStack();
const { origin } = stack;
const say = (text: string): boolean => stdout.write(`${text}\n`);
let guest: Guest;
let rooms: readonly string[];
let answeredUnderLoad = 0;

beforeAll(async () => {
  await stack.compose(...EVERYTHING, 'down', '--volumes');
  const startedAt = Date.now();
  await stack.compose('build', '--quiet');
  say(`images built in ${seconds(startedAt)}`);
  for (const service of SERVICES) say(`roomkey/${service}: ${await sizeOf(`roomkey/${service}`)}`);
});

afterAll(() => stack.compose(...EVERYTHING, 'down', '--volumes'));

test('one command brings up everything, with no settings written and no secret there before', async () => {
  const startedAt = Date.now();
  await stack.compose('up', '--wait');
  say(`up and healthy in ${seconds(startedAt)}`);
  for (const service of SERVICES) expect(await stack.containers(service)).toHaveLength(2);
});

test('a guest moves in through the balancer, and any replica answers', async () => {
  guest = await register(origin);
  const card = await signIn(origin, guest);
  rooms = await moveIn(origin, card);
  for (const path of rooms) expect(await answersOfAll(path, card)).toEqual([200, 200]);
});

test('the tour of the demo goes through it', async () => {
  const tour = await run('node', ['apps/demo/src/main.ts', '--against', origin], { cwd: ROOT });
  say(tour);
  expect(tour).toContain('She loses a card');
});

test('a stranger is refused', async () => {
  const stranger = await signIn(origin, await register(origin));
  const [picture = '', , note = ''] = rooms;
  for (const path of [picture, note]) {
    expect((await fetch(`${origin}${path}`, { headers: stranger })).status).toBe(404);
    const answer = await fetch(`${origin}${path}`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  }
});

test.for(['/', '/readyz', '/metrics', '/healthz', '/authority', '/auth%2fdocs'])(
  '%s is no path of a service, and a problem of the balancer says so',
  async (path) => {
    const answer = await fetch(`${origin}${path}`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ type: 'urn:roomkey:problem:not-found', status: 404 });
  },
);

test.for(['/image//x', '/data/%zz', '/data/a%5cb', '/data/%00'])(
  '%s could be read in two ways, and is refused (security 51, 145)',
  async (path) => {
    expect((await fetch(`${origin}${path}`)).status).toBe(400);
  },
);

test('a killed replica of each service costs no request, and a new one takes its share', async () => {
  const card = await signIn(origin, guest);
  await using load = startLoad(origin, [...rooms, JWKS], card);
  for (const service of SERVICES) {
    await more(load, 500);
    const [victim = ''] = await stack.containers(service);
    await docker('kill', victim);
  }
  await more(load, 1_000);
  await stack.compose('up', '--detach', '--wait', '--no-recreate');
  load.forgetShares();
  await load.until(() => load.shares.size === 2 * SERVICES.length);
  await more(load, 500);
  await report(load);
  answeredUnderLoad += load.answered();
  expect(load.failures).toEqual([]);
});

test('--scale is followed up and down without a restart of the balancer, and costs no request', async () => {
  const [gateway = ''] = await stack.containers('gateway');
  const startOf = () => docker('inspect', '--format', '{{.State.StartedAt}}', gateway);
  const before = await startOf();
  const card = await signIn(origin, guest);
  await using load = startLoad(origin, rooms.slice(0, 1), card);
  await more(load, 200);
  const startedAt = Date.now();
  await stack.compose('up', '--detach', '--wait', '--no-recreate', '--scale', 'image=5');
  await load.until(() => load.shares.size === 5);
  say(`five replicas of image answer after ${seconds(startedAt)}`);
  await more(load, 500);
  await report(load);
  await stack.compose('up', '--detach', '--wait', '--no-recreate', '--scale', 'image=2');
  load.forgetShares();
  await more(load, 500);
  expect(load.shares.size).toBe(2);
  await report(load);
  answeredUnderLoad += load.answered();
  expect(load.failures).toEqual([]);
  expect(await startOf()).toBe(before);
});

test('every replica of every service is replaced by another, and it costs no request', async () => {
  const card = await signIn(origin, guest);
  const before = await Promise.all(SERVICES.map((service) => stack.containers(service)));
  await using load = startLoad(origin, [...rooms, JWKS], card);
  await more(load, 200);
  await stack.roll(...SERVICES);
  await more(load, 200);
  await report(load);
  answeredUnderLoad += load.answered();
  expect(load.failures).toEqual([]);
  const after = await Promise.all(SERVICES.map((service) => stack.containers(service)));
  expect(after.flat()).toHaveLength(before.flat().length);
  expect(after.flat().filter((replica) => before.flat().includes(replica))).toEqual([]);
});

test('killing, scaling and replacing went on under more than 20,000 reads', () => {
  say(`${answeredUnderLoad} reads under load, none failed`);
  expect(answeredUnderLoad).toBeGreaterThanOrEqual(20_000);
});

test('a card that was signed out is refused by every replica of every room within seconds', async () => {
  const card = await signIn(origin, guest);
  for (const path of rooms) expect(await answersOfAll(path, card)).toEqual([200, 200]);
  const answer = await fetch(`${origin}/auth/sessions/current`, { method: 'DELETE', headers: card });
  expect(answer.status).toBe(204);
  const signedOutAt = Date.now();
  const deadline = signedOutAt + 5_000;
  for (const path of rooms) {
    while (!(await answersOfAll(path, card)).every((status) => status === 401)) {
      expect(Date.now()).toBeLessThan(deadline);
      await delay(10);
    }
  }
  say(`refused everywhere after at most ${Date.now() - signedOutAt} ms`);
});

test('with auth gone, the rooms still know their guests', async () => {
  const card = await signIn(origin, guest);
  await stack.compose('stop', 'auth');
  // The first to ask may still be sent to where auth was, and find the connection closed.
  const askForKeys = async () => (await fetch(`${origin}${JWKS}`)).status;
  await expect.poll(askForKeys, { timeout: 10_000 }).toBe(503);
  for (const path of rooms) expect(await answersOfAll(path, card)).toEqual([200, 200]);
  await stack.compose('up', '--detach', '--wait', '--no-recreate');
  await signIn(origin, guest);
});

testConfinement(stack);

testObservability(stack, async () => {
  const card = await signIn(origin, guest);
  for (const path of rooms) await answersOfAll(path, card);
  for (const path of rooms) await fetch(`${origin}${path}`, { headers: { authorization: 'Bearer none' } });
  await fetch(`${origin}/auth/sessions/current`, { method: 'DELETE', headers: card });
  for (const path of rooms) await answersOfAll(path, card);
});

testHttps(stack, async () => ({ path: rooms[0] ?? '', card: await signIn(origin, guest) }));

test('a second start finds everything as it was left', async () => {
  await stack.compose('down');
  const startedAt = Date.now();
  await stack.compose('up', '--wait');
  say(`up and healthy again in ${seconds(startedAt)}`);
  const card = await signIn(origin, guest);
  for (const path of rooms) expect((await fetch(`${origin}${path}`, { headers: card })).status).toBe(200);
});

test('taken down, it leaves nothing', async () => {
  expect(await stack.remains()).not.toEqual([]);
  await stack.compose(...EVERYTHING, 'down', '--volumes');
  expect(await stack.remains()).toEqual([]);
});

const seconds = (startedAt: number): string => `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`;

async function sizeOf(image: string): Promise<string> {
  const [own, base] = await Promise.all(
    [image, 'node:26-slim'].map(async (name) =>
      Number(await docker('inspect', '--format', '{{.Size}}', name)),
    ),
  );
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  return `${megabytes(own ?? 0)}, ${megabytes((own ?? 0) - (base ?? 0))} of it on top of node:26-slim`;
}

/** What both replicas answer now. */
async function answersOfAll(path: string, headers: Record<string, string>): Promise<number[]> {
  const statuses = new Map<string | null, number>();
  for (let tries = 0; statuses.size < 2 && tries < 100; tries += 1) {
    const answer = await fetch(`${origin}${path}`, { headers });
    await answer.arrayBuffer();
    statuses.set(answer.headers.get('x-served-by'), answer.status);
  }
  return [...statuses.values()];
}

async function more(load: Load, count: number): Promise<void> {
  const goal = load.answered() + count;
  await load.until(() => load.answered() >= goal || load.failures.length > 0);
}

async function report(load: Load): Promise<void> {
  const shares = [...load.shares].map(([replica, count]) => `${replica}: ${count}`).sort();
  say(`${load.answered()} answered, ${load.failures.length} failed; ${shares.join(', ')}`);
  if (load.failures.length > 0)
    say(await stack.compose('logs', '--no-log-prefix', '--since', '3m', 'gateway'));
}
