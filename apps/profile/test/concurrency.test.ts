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

  async function append(n: number): Promise<void> {
    const send = profile.as('mia', n);
    for (;;) {
      const read = await send('GET', ME);
      const bio = `${read.json.bio} ${n}`;
      const headers = { 'if-match': String(read.headers['etag']) };
      const { status } = await send('PUT', ME, { headers, body: { ...body, bio } });
      if (status === 200) return;
      expect(status).toBe(412);
    }
  }

  const numbers = Array.from({ length: 60 }, (_, n) => n);
  await Promise.all(numbers.map(append));
  const { json, headers } = await profile.as('mia', 0)('GET', ME);
  expect(
    json.bio
      .split(' ')
      .map(Number)
      .sort((a: number, b: number) => a - b),
  ).toEqual(numbers);
  expect(headers['etag']).toBe('"61"');
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
