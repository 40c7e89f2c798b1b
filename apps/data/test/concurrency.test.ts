import { createTestDatabase, createTestIssuer, type Send } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openReplica } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const migrations = new URL('../migrations', import.meta.url);

async function openTwoReplicas(documentsPerUser = 1_000) {
  const database = await createTestDatabase({ migrations });
  const desk = createTestIssuer({ audience: 'http://test/data' });
  const first = await openReplica(database.url, desk, { documentsPerUser });
  const second = await openReplica(database.url, desk, { documentsPerUser });
  return {
    senders: [first.as('mia'), second.as('mia')] as const,
    async [Symbol.asyncDispose]() {
      await first.close();
      await second.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

test.each(['PUT', 'PATCH'] as const)(
  '60 writers through two replicas lose no update (%s)',
  async (method) => {
    await using data = await openTwoReplicas();
    const { senders } = data;
    const location = String((await senders[0]('POST', NOTES, { body: { n: 0 } })).headers['location']);

    /** Reads, adds one and writes, as often as said; gives the number of writes that were acknowledged. */
    async function increment(send: Send, attempts: number): Promise<number> {
      if (attempts === 0) return 0;
      const read = await send('GET', location);
      const headers = { 'if-match': String(read.headers['etag']) };
      const { status } = await send(method, location, { headers, body: { n: read.json.n + 1 } });
      expect([200, 412]).toContain(status);
      return (status === 200 ? 1 : 0) + (await increment(send, attempts - 1));
    }

    const writers = Array.from({ length: 60 }, (_, n) => increment(senders[n % 2 === 0 ? 0 : 1], 4));
    const acknowledged = (await Promise.all(writers)).reduce((sum, count) => sum + count);
    const { json, headers } = await senders[0]('GET', location);
    expect([json, headers['etag']]).toEqual([{ n: acknowledged }, `"${acknowledged + 1}"`]);
    expect(acknowledged).toBeGreaterThan(3);
    expect(acknowledged).toBeLessThan(240);
  },
);

test('of writers with the same version one wins', async () => {
  await using data = await openTwoReplicas();
  const { senders } = data;
  const location = String((await senders[0]('POST', NOTES, { body: {} })).headers['location']);
  const headers = { 'if-match': '"1"' };

  const methods = ['PUT', 'PATCH', 'DELETE'] as const;
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => {
      const method = methods[n % 3] ?? 'PUT';
      return senders[n % 2 === 0 ? 0 : 1](method, location, {
        headers,
        ...(method !== 'DELETE' && { body: { n } }),
      });
    }),
  );
  expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
  expect(answers.filter(({ status }) => status !== 412 && status !== 404)).toHaveLength(1);
});

test('the quota holds under parallel creates, and what is removed makes room', async () => {
  await using data = await openTwoReplicas(10);
  const { senders } = data;
  const create = (n: number) =>
    senders[n % 2 === 0 ? 0 : 1]('POST', `/data/collections/c${n % 3}/documents`, { body: { n } });

  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => create(n)));
  const created = answers.filter(({ status }) => status === 201);
  expect(created).toHaveLength(10);
  const refused = answers.filter(({ status }) => status === 403);
  expect(refused).toHaveLength(30);
  expect(refused[0]?.json.type).toBe('urn:roomkey:problem:quota-exceeded');

  // Removed by many at once, each document makes room once.
  const removals = created
    .slice(0, 4)
    .flatMap(({ headers }) =>
      senders.map((send) => send('DELETE', String(headers['location']), { headers: { 'if-match': '"1"' } })),
    );
  const removed = (await Promise.all(removals)).filter(({ status }) => status === 204);
  expect(removed).toHaveLength(4);
  const again = await Promise.all(Array.from({ length: 20 }, (_, n) => create(n)));
  expect(again.filter(({ status }) => status === 201)).toHaveLength(4);
});
