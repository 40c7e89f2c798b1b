import { connect } from 'node:net';
import { promisify } from 'node:util';
import { openDatabase } from '@roomkey/database';
import { createVerifier, openIssuerView } from '@roomkey/resource-server';
import { asUser, createTestDatabase, createTestIssuer, publishIssuer } from '@roomkey/test-kit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { follow, listenOn, type Event } from './follow.ts';
import { openData, openReplica } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const CHANGES = '/data/collections/notes/changes';
const SCOPE = 'data:read data:write';

async function open(options: { changesPerCollection?: number } = {}) {
  const data = await openData(options);
  const origin = await listenOn(data.app);
  const token = data.desk.token({ sub: 'mia', scope: SCOPE });
  return {
    ...data,
    databaseUrl: data.url,
    origin,
    url: origin + CHANGES,
    token,
    [Symbol.asyncDispose]: () => data[Symbol.asyncDispose](),
  };
}

async function take(events: AsyncGenerator<Event>, count: number): Promise<Event[]> {
  const taken = [];
  while (taken.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

test('HEAD tells what GET would answer, and leaves no stream open (RFC 9110 §9.3.2)', async () => {
  await using data = await open();
  const headers = { authorization: `Bearer ${data.token}` };
  // More than a user may have open.
  for (let n = 0; n < 20; n += 1) {
    const head = await fetch(data.url, { method: 'HEAD', headers });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  }
  const resumed = await fetch(data.url, { method: 'HEAD', headers: { ...headers, 'last-event-id': '7' } });
  expect(resumed.status).toBe(410);
});

test('each write is an event, as it happens and in order', async () => {
  await using data = await open();
  const { mia, ben } = data;
  await using events = follow(data.url, data.token);
  expect(await take(events, 1)).toEqual([{ event: 'open', id: 0, data: {} }]);

  const { headers, json } = await mia('POST', NOTES, { body: { n: 1 } });
  const location = String(headers['location']);
  await mia('PUT', location, { headers: { 'if-match': '"1"' }, body: { n: 2 } });
  await mia('PUT', location, { headers: { 'if-match': '"1"' }, body: { n: 2 } });
  await mia('PATCH', location, { headers: { 'if-match': '"2"' }, body: { n: 3 } });
  await mia('PUT', `${location}/shares/ben`, { body: { access: 'write' } });
  await ben('PUT', `/data/shared/${json.id}`, { headers: { 'if-match': '"3"' }, body: { n: 4 } });
  await ben('POST', NOTES, { body: {} });
  await mia('POST', '/data/collections/other/documents', { body: {} });
  await mia('DELETE', location, { headers: { 'if-match': '"4"' } });

  const [, ...expected] = ['', 'created "1"', 'replaced "2"', 'patched "3"', 'replaced "4"', 'removed "4"'];
  const taken = await take(events, 5);
  expect(taken.map(({ event, data: { etag } }) => `${event} ${etag}`)).toEqual(expected);
  expect(taken.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
  expect(new Set(taken.map((event) => event.data.id))).toEqual(new Set([json.id]));
});

test('a client resumes after the event it has: by header, by query, the header first', async () => {
  await using data = await open();
  for (let n = 0; n < 4; n += 1) await data.mia('POST', NOTES, { body: { n } });
  const idsFrom = async (query: string, headers = {}) => {
    await using events = follow(data.url + query, data.token, headers);
    return (await take(events, 3)).map(({ id }) => id);
  };
  expect(await idsFrom('?after=0')).toEqual([0, 1, 2]);
  expect(await idsFrom('?after=2')).toEqual([2, 3, 4]);
  expect(await idsFrom('', { 'last-event-id': '1' })).toEqual([1, 2, 3]);
  expect(await idsFrom('?after=0', { 'last-event-id': '2' })).toEqual([2, 3, 4]);
  await using now = follow(data.url, data.token);
  expect(await take(now, 1)).toEqual([{ event: 'open', id: 4, data: {} }]);
});

test('whoever is behind what is kept, or ahead of what there is, is told with 410', async () => {
  await using data = await open({ changesPerCollection: 5 });
  for (let n = 0; n < 9; n += 1) await data.mia('POST', NOTES, { body: { n } });
  for (const after of [0, 3, 10, 2 ** 53 - 1]) {
    const { status, json } = await data.mia('GET', `${CHANGES}?after=${after}`);
    expect([status, json.type]).toEqual([410, 'urn:roomkey:problem:gone']);
  }
  await using events = follow(`${data.url}?after=4`, data.token);
  expect((await take(events, 6)).map(({ id }) => id)).toEqual([4, 5, 6, 7, 8, 9]);
});

test('another user’s collection of the same name is another feed', async () => {
  await using data = await open();
  await data.mia('POST', NOTES, { body: {} });
  await using events = follow(data.url, data.desk.token({ sub: 'ben', scope: SCOPE }));
  expect(await take(events, 1)).toEqual([{ event: 'open', id: 0, data: {} }]);
  expect((await data.ben('GET', `${CHANGES}?after=1`)).status).toBe(410);
});

test('a repeated create is one event, a refused write none', async () => {
  await using data = await open();
  const headers = { 'idempotency-key': 'one' };
  for (let n = 0; n < 3; n += 1) await data.mia('POST', NOTES, { headers, body: {} });
  await data.mia('POST', NOTES, { headers, body: { other: true } });
  await data.mia('POST', NOTES, { body: {} });
  await using events = follow(`${data.url}?after=0`, data.token);
  expect((await take(events, 3)).map(({ id, event }) => [id, event])).toEqual([
    [0, 'open'],
    [1, 'created'],
    [2, 'created'],
  ]);
});

test('a stream ends when its token does', async () => {
  await using data = await open();
  const exp = Math.floor(Date.now() / 1_000) + 2;
  const events = follow(data.url, data.desk.token({ sub: 'mia', scope: SCOPE, exp }));
  const taken = await take(events, 2);
  expect(taken.map(({ event }) => event)).toEqual(['open']);
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000 - 50);
  expect(Date.now()).toBeLessThan(exp * 1_000 + 3_000);
});

test('a reader who does not read is cut when the token ends', async () => {
  await using data = await open();
  await using other = openDatabase<object>({
    url: data.databaseUrl,
    applicationName: 'filler',
    onError: () => {},
  });
  await sql`insert into feeds values (${data.desk.issuer}, 'mia', 'notes', 200000)`.execute(other.db);
  // In parts, each of which is done well within the time that a statement has.
  for (let first = 1; first <= 200_000; first += 20_000)
    await sql`insert into changes (issuer, subject, collection, sequence, kind, document_id, version)
      select ${data.desk.issuer}, 'mia', 'notes', n, 'created', uuidv7(), 1
      from generate_series(${first}::int, ${first + 19_999}::int) as n`.execute(other.db);
  const exp = Math.floor(Date.now() / 1_000) + 6;
  const socket = connect(Number(new URL(data.origin).port), '127.0.0.1').pause();
  const token = data.desk.token({ sub: 'mia', scope: SCOPE, exp });
  socket.write(`GET ${CHANGES}?after=0 HTTP/1.1\r\nhost: data\r\nauthorization: Bearer ${token}\r\n\r\n`);
  const connections = () => promisify(data.app.server.getConnections.bind(data.app.server))();
  await expect.poll(connections).toBe(1);
  await expect.poll(connections, { timeout: 12_000 }).toBe(0);
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000 - 50);
  socket.destroy();
});

test('a stream ends within two seconds when its token is revoked', async () => {
  await using database = await createTestDatabase({ migrations: new URL('../migrations', import.meta.url) });
  const desk = createTestIssuer({ audience: 'http://test/data' });
  await using published = await publishIssuer(desk);
  const view = await openIssuerView({ issuer: desk.issuer, ...published });
  const verifier = createVerifier({ issuers: [{ view, audience: desk.audience }] });
  await using replica = await openReplica(database.url, { ...desk, verifier });
  const url = (await listenOn(replica.app)) + CHANGES;
  try {
    const token = (index: number) =>
      desk.token({ sub: 'mia', scope: SCOPE, status: published.status(index) });
    const events = follow(url, token(7));
    await using others = follow(url, token(8));
    await take(events, 1);
    await take(others, 1);
    published.revoke(7);
    const startedAt = performance.now();
    expect(await take(events, 1)).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await asUser(replica.app, desk, { sub: 'mia', scope: SCOPE, status: published.status(8) })(
      'POST',
      NOTES,
      {
        body: {},
      },
    );
    expect((await take(others, 1)).map(({ event }) => event)).toEqual(['created']);
  } finally {
    view.close();
  }
});

test('a user has 8 streams at a replica, and one that closes makes room', async () => {
  await using data = await open();
  const streams = Array.from({ length: 8 }, () => follow(data.url, data.token));
  await Promise.all(streams.map((events) => take(events, 1)));
  const refused = await data.mia('GET', CHANGES);
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '30']);
  await using other = follow(data.url, data.desk.token({ sub: 'ben', scope: SCOPE }));
  expect(await take(other, 1)).toHaveLength(1);

  await streams.pop()?.return();
  await expect
    .poll(async () => {
      await using events = follow(data.url, data.token);
      return take(events, 1).catch(() => []);
    })
    .toHaveLength(1);
  for (const events of streams) await events.return();
});

test('streams end when the replica leaves', async () => {
  await using data = await open();
  const events = follow(data.url, data.token);
  await take(events, 1);
  const [rest] = await Promise.all([take(events, 1), data.app.close()]);
  expect(rest).toEqual([]);
});

test.each([
  '?after=-1',
  '?after=x',
  '?after=1.5',
  '?after=1&after=2',
  '?before=1',
  '?after=99999999999999999999',
])('the query %s is refused', async (query) => {
  await using data = await openData();
  expect((await data.mia('GET', CHANGES + query)).status).toBe(400);
});

test.each(['x', '-1', '1.5', '9'.repeat(16), '1, 2'])('the Last-Event-ID %s is refused', async (value) => {
  await using data = await openData();
  expect((await data.mia('GET', CHANGES, { headers: { 'last-event-id': value } })).status).toBe(400);
});
