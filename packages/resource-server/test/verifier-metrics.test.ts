import fastify from 'fastify';
import metrics from 'fastify-metrics';
import { expect, test } from 'vitest';
import { bearerAuth } from '../src/fastify.ts';
import { timeVerifications } from '../src/index.ts';
import { openDesk } from './desk.ts';
import { openView } from './view.ts';

/** A room whose verifications are timed, and what its registry shows. */
async function openTimedRoom() {
  const desk = await openDesk();
  const opened = await openView(desk, { eventsToo: true });
  const app = fastify();
  await app.register(metrics.default, { clearRegisterOnInit: true, endpoint: null });
  await app.register(bearerAuth, { verifier: timeVerifications(opened.verifier) });
  app.get('/room', { config: { scope: 'room:read' } }, () => ({}));
  return {
    desk,
    opened,
    ask: async (token: string) =>
      (await app.inject({ url: '/room', headers: { authorization: `Bearer ${token}` } })).statusCode,
    shown: () => app.metrics.client.register.metrics(),
    async [Symbol.asyncDispose]() {
      await app.close();
      opened[Symbol.dispose]();
      await desk[Symbol.asyncDispose]();
    },
  };
}

test('one verification in eight is timed, the first among them, and tokens seen before are told from new ones', async () => {
  await using room = await openTimedRoom();
  const list = room.desk.addList('1');
  await room.opened.view.refresh();
  const token = room.desk.token({ scope: 'room:read', status: list.status(5) });
  for (let asked = 0; asked < 17; asked += 1) expect(await room.ask(token)).toBe(200);
  const shown = await room.shown();
  expect(shown).toContain('\nroomkey_verifier_verification_seconds_count{token="new"} 1\n');
  expect(shown).toContain('\nroomkey_verifier_verification_seconds_count{token="known"} 2\n');
  expect(shown).toContain('\nroomkey_verifier_accepted_total 17\n');
});

test('how long a revocation took from the hint to the bits in force is shown', async () => {
  await using room = await openTimedRoom();
  const { desk, opened } = room;
  const list = desk.addList('1');
  await opened.view.refresh();
  await expect.poll(() => desk.listeners()).toBe(1);
  const token = desk.token({ scope: 'room:read', status: list.status(5) });
  expect(await room.ask(token)).toBe(200);
  list.revoke(5);
  desk.hint({ kind: 'list', uri: list.uri });
  await expect.poll(() => room.ask(token)).toBe(401);
  await expect
    .poll(() => room.shown())
    .toContain('\nroomkey_verifier_list_update_seconds_count{issuer="http://desk.test"} 1\n');
});
