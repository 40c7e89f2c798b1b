import { closedPort, createTestIssuer, faultOfRefusal, openSilentServer, type Send } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openReplica } from './open-profile.ts';

/** Waiting for a connection and for a statement at most: see openDatabase. */
const LIMIT_MS = 9_500;
const desk = createTestIssuer({ audience: 'http://test/profile' });

/** The answers to every kind of request, and how long they took. */
async function tryEverything(send: Send) {
  const startedAt = performance.now();
  const body = { handle: 'mia', displayName: 'Mia' };
  const answers = await Promise.all([
    send('GET', '/profile/me'),
    send('PUT', '/profile/me', { headers: { 'if-none-match': '*' }, body }),
    send('PUT', '/profile/me', { headers: { 'if-match': '"1"' }, body }),
    send('GET', '/profile/profiles/mia'),
    send('GET', '/profile/profiles?prefix=m'),
  ]);
  return {
    ms: performance.now() - startedAt,
    answers: answers.map(({ status, headers: { 'retry-after': retryAfter } }) => ({ status, retryAfter })),
    faults: answers.map((answer) => faultOfRefusal(answer, [503])).filter((fault) => fault !== undefined),
  };
}

const ALL_UNAVAILABLE = Array.from({ length: 5 }, () => ({ status: 503, retryAfter: '1' }));

test('a database that refuses connections is a 503 with Retry-After (security 151)', async () => {
  await using replica = await openReplica(`postgres://a:b@127.0.0.1:${await closedPort()}/profile`, desk);
  const { ms, answers, faults } = await tryEverything(replica.as('mia'));
  expect(answers).toEqual(ALL_UNAVAILABLE);
  expect(faults).toEqual([]);
  expect(ms).toBeLessThan(LIMIT_MS);
  const ready = await replica.app.inject('/readyz');
  expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'not ready', missing: ['database'] }]);
  expect((await replica.app.inject('/healthz')).statusCode).toBe(200);
});

test('a database that says nothing is a 503 in bounded time (security 151)', async () => {
  await using server = await openSilentServer();
  await using replica = await openReplica(`postgres://a:b@127.0.0.1:${server.port}/profile`, desk);
  const { ms, answers } = await tryEverything(replica.as('mia'));
  expect(answers).toEqual(ALL_UNAVAILABLE);
  expect(ms).toBeLessThan(LIMIT_MS);
});
