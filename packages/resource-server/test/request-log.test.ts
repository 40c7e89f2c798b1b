import { Writable } from 'node:stream';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { bearerAuth } from '../src/fastify.ts';
import { openDesk } from './desk.ts';
import { openView } from './view.ts';

test('the log of a request says who asks and who acts for whom, by ids, and holds no token (security 46)', async () => {
  await using desk = await openDesk();
  using view = await openView(desk, { listsToo: false });
  let log = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk);
      done();
    },
  });
  const app = fastify({ logger: { stream } });
  await app.register(bearerAuth, { verifier: view.verifier });
  app.get('/', { config: { scope: 'room:read' } }, (request) => {
    request.log.info('in the handler');
    return {};
  });

  const own = desk.token({ sub: 'mia', client_id: 'app', scope: 'room:read' });
  const act = { sub: 'profile', act: { sub: 'web' } };
  const exchanged = desk.token({ sub: 'mia', client_id: 'profile', scope: 'room:read', act });
  const narrow = desk.token({ sub: 'ben', client_id: 'app', scope: 'other' });
  for (const token of [own, exchanged, narrow])
    await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } });
  await app.close();

  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'in the handler' || msg === 'request completed')
    .map(({ subject, client, actors }) => ({ subject, client, actors }));
  const mia = { subject: 'mia', client: 'app', actors: undefined };
  const profileForMia = { subject: 'mia', client: 'profile', actors: ['profile', 'web'] };
  const ben = { subject: 'ben', client: 'app', actors: undefined };
  expect(lines).toEqual([mia, mia, profileForMia, profileForMia, ben]);
  for (const token of [own, exchanged, narrow]) expect(log).not.toContain(token.split('.')[2]);
});
