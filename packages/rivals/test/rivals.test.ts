import type { MeasuredProcess } from '@roomkey/experiment';
import { createVerifier } from '@roomkey/resource-server';
import { createTestDatabase } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import {
  ALGORITHMS,
  buildResourceService,
  createSigner,
  type DesignName,
  importKnowledge,
  sessionSecret,
  signIn,
  startBalancer,
  startIntrospectionDesk,
  startRival,
  startSlowPath,
  verifiedBy,
} from '../src/index.ts';
import { optionalRedis } from './optional-redis.ts';

const PASSWORD = 'correct horse battery';

async function statusOf(
  { port }: MeasuredProcess,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
  await response.arrayBuffer();
  return response.status;
}

test('every design lets in who signed in, nobody else, and nobody after signing out', async () => {
  await using redis = await optionalRedis();
  const withRedis: readonly DesignName[] = redis === undefined ? [] : ['session-redis', 'opaque-redis'];
  await using database = await createTestDatabase();
  await using desk = await startIntrospectionDesk();
  const settings = {
    REDIS_URL: redis?.url ?? '',
    DATABASE_URL: database.url,
    INTROSPECTION_URL: `http://127.0.0.1:${desk.port}`,
    PASSWORD,
  };
  const designs: DesignName[] = ['session-memory', 'session-postgres', 'opaque-introspection', ...withRedis];
  const tryOut = async (design: DesignName): Promise<unknown> => {
    await using service = await startRival(design, settings);
    await expect(signIn(service, 'ada', 'wrong')).rejects.toThrow('401');
    const headers = await signIn(service, 'ada', PASSWORD);
    const seen = [
      await statusOf(service, 'GET', '/documents'),
      await statusOf(service, 'GET', '/documents', headers),
      await statusOf(service, 'POST', '/documents', headers),
      await statusOf(service, 'DELETE', '/sessions/current', headers),
      await statusOf(service, 'GET', '/documents', headers),
    ];
    return { design, seen };
  };
  expect(await Promise.all(designs.map(tryOut))).toEqual(
    designs.map((design) => ({ design, seen: [401, 200, 201, 204, 401] })),
  );
});

test('replicas that start together share one new table of sessions', async () => {
  await using database = await createTestDatabase();
  await using started = new AsyncDisposableStack();
  const settings = { ...sessionSecret(), DATABASE_URL: database.url };
  const replicas = await Promise.all(
    Array.from({ length: 6 }, async () => started.use(await startRival('session-postgres', settings))),
  );
  const [first, ...others] = replicas;
  if (first === undefined) throw new Error('no replicas');
  const headers = await signIn(first, 'ada');
  for (const replica of others) expect(await statusOf(replica, 'GET', '/documents', headers)).toBe(200);
});

test.each(ALGORITHMS)('a token signed with %s is verified, a changed one is not', async (algorithm) => {
  const signer = createSigner(algorithm);
  const iat = Math.floor(Date.now() / 1_000);
  const names = { iss: 'http://desk.test', aud: 'http://room.test' };
  const claims = { ...names, sub: 'ada', client_id: 'app', jti: '1', iat, exp: iat + 60, scope: 'data:read' };
  const view = importKnowledge(names.iss, signer.exported);
  const verifier = createVerifier({ issuers: [{ view, audience: names.aud }] });
  await using app = await buildResourceService(verifiedBy(verifier), { servedBy: 'test' });
  const read = async (bearer: string): Promise<number> => {
    const headers = { authorization: `Bearer ${bearer}` };
    return (await app.inject({ url: '/documents', headers })).statusCode;
  };
  const token = signer.sign(claims);
  const forged = `${token.split('.').slice(0, 2).join('.')}.${createSigner(algorithm).sign(claims).split('.')[2]}`;
  expect([await read(token), await read(forged)]).toEqual([200, 401]);
});

test('sessions in memory need the balancer that remembers: the other one loses them', async () => {
  const settings = sessionSecret();
  await using first = await startRival('session-memory', settings, 'first');
  await using second = await startRival('session-memory', settings, 'second');
  for (const [mode, wanted] of [
    ['sticky', [200, 200, 200, 200]],
    ['spread', [200, 401]],
  ] as const) {
    await using balancer = await startBalancer(mode, [first, second]);
    const headers = await signIn(balancer, 'ada');
    const seen = [];
    for (let turn = 0; turn < 4; turn += 1) seen.push(await statusOf(balancer, 'GET', '/documents', headers));
    expect(new Set(seen)).toEqual(new Set(wanted));
  }
});

test('a slow path takes at least the round trip that it was told', async () => {
  await using service = await startRival('open');
  await using path = await startSlowPath(service.port, 20);
  await statusOf(path, 'GET', '/healthz');
  const startedAt = performance.now();
  await statusOf(path, 'GET', '/healthz');
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(20);
});
