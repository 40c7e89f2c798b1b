import { openDatabase } from '@roomkey/database';
import { createTestDatabase } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { createUsedAssertions } from '../../src/store/assertions.ts';
import type { Schema } from '../../src/store/schema.ts';

test('of equal assertions shown at once to several replicas, in whatever order, each is good once (security 63, 121)', async () => {
  await using database = await createTestDatabase({
    migrations: new URL('../../migrations', import.meta.url),
  });
  const open = () =>
    openDatabase<Schema>({ url: database.url, applicationName: 'test', onError: () => undefined });
  await using one = open();
  await using other = open();
  const replicas = [createUsedAssertions(one.db), createUsedAssertions(other.db)];
  const expiresAt = new Date(Date.now() + 60_000);
  const jtis = Array.from({ length: 200 }, (_, index) => `assertion ${index}`);
  // Each replica sees each twice, one of them from the end.
  const orders = [jtis, jtis.toReversed(), jtis, jtis.toReversed()];
  const taken = await Promise.all(
    orders.flatMap((order, at) =>
      order.map(async (jti) => [jti, await replicas[at % 2]?.use('client', jti, expiresAt)] as const),
    ),
  );
  const accepted = taken.filter(([, isFirst]) => isFirst).map(([jti]) => jti);
  expect(accepted.toSorted()).toEqual(jtis.toSorted());
});
