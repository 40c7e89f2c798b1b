import { expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { openDesk } from './desk.ts';

test('the metrics show how old each published key is, and what it is good for', async () => {
  await using desk = await openDesk();
  const clock = createClock();
  const env = { KEY_PENDING_SECONDS: '120', KEY_ROTATION_SECONDS: '3600', KEY_RELOAD_MS: '20' };
  const app = await desk.replica({ now: clock.now, env });
  await expect.poll(async () => (await app.inject('/readyz')).statusCode).toBe(200);
  const ages = async () =>
    [
      ...(await app.inject('/metrics')).body.matchAll(
        /^roomkey_auth_signing_key_age_seconds\{.*state="(\w+)".*\} (.+)$/gm,
      ),
    ].map(([, state, age]) => [state, Number(age)]);
  clock.advance(90);
  expect(await ages()).toEqual([['active', 90]]);
  clock.advance(3_600 - 200);
  await expect.poll(ages).toEqual([
    ['active', 3_490],
    ['pending', -120],
  ]);
});
