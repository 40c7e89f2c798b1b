import { createTestDatabase, createTestIssuer } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openReplica } from './open-profile.ts';

const ME = '/profile/me';
const migrations = new URL('../migrations', import.meta.url);

async function openTwoReplicas() {
  const database = await createTestDatabase({ migrations });
  const desk = createTestIssuer({ audience: 'http://test/profile' });
  const first = await openReplica(database.url, desk);
  const second = await openReplica(database.url, desk);
  return {
    /** A user, through one replica or the other. */
    as: (subject: string, n: number) => (n % 2 === 0 ? first : second).as(subject),
    async [Symbol.asyncDispose]() {
      await first.close();
      await second.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

test('60 writers through two replicas lose no update', async () => {
  await using profile = await openTwoReplicas();
  const body = { handle: 'mia', displayName: 'Mia', bio: '' };
  await profile.as('mia', 0)('PUT', ME, { headers: { 'if-none-match': '*' }, body });

  /** Reads, adds its number and writes, as often as said; gives its number once for each acknowledged write. */
  async function append(n: number, attempts: number): Promise<number[]> {
    if (attempts === 0) return [];
    const send = profile.as('mia', n);
    const read = await send('GET', ME);
    const headers = { 'if-match': String(read.headers['etag']) };
    const { status } = await send('PUT', ME, { headers, body: { ...body, bio: `${read.json.bio} ${n}` } });
    expect([200, 412]).toContain(status);
    return [...(status === 200 ? [n] : []), ...(await append(n, attempts - 1))];
  }

  const writers = Array.from({ length: 60 }, (_, n) => append(n, 4));
  const acknowledged = (await Promise.all(writers)).flat();
  const { json, headers } = await profile.as('mia', 0)('GET', ME);
  const inOrder = (numbers: number[]) => numbers.sort((a, b) => a - b);
  expect(inOrder(json.bio.trim().split(' ').map(Number))).toEqual(inOrder(acknowledged));
  expect(headers['etag']).toBe(`"${acknowledged.length + 1}"`);
  expect(acknowledged.length).toBeGreaterThan(3);
  expect(acknowledged.length).toBeLessThan(240);
});

test('of many who want one handle at once, one gets it', async () => {
  await using profile = await openTwoReplicas();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      profile.as(`user-${n}`, n)('PUT', ME, {
        headers: { 'if-none-match': '*' },
        body: { handle: n % 3 === 0 ? 'KING' : 'king', displayName: `User ${n}` },
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(29);
});

test('of many first profiles of one user, one is created', async () => {
  await using profile = await openTwoReplicas();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      profile.as('mia', n)('PUT', ME, {
        headers: { 'if-none-match': '*' },
        body: { handle: `mia${n % 5}`, displayName: 'Mia' },
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(29);
});
