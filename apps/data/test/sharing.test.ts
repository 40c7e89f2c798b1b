import { asUser, type Send } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';

async function keep(send: Send, body: unknown = { n: 1 }): Promise<{ own: string; shared: string }> {
  const { headers, json } = await send('POST', NOTES, { body });
  return { own: String(headers['location']), shared: `/data/shared/${json.id}` };
}

const share = (send: Send, document: string, subject: string, access: string) =>
  send('PUT', `${document}/shares/${encodeURIComponent(subject)}`, { body: { access } });

test('a document shared for reading is read by that user alone, under its own address', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const { own, shared } = await keep(mia);
  const zoe = data.as('zoe');
  expect((await ben('GET', shared)).status).toBe(404);

  const put = await share(mia, own, 'ben', 'read');
  expect([put.status, put.json]).toEqual([
    200,
    { subject: 'ben', access: 'read', since: expect.stringMatching(/Z$/) },
  ]);
  const read = await ben('GET', shared);
  expect([read.status, read.text, read.headers['etag']]).toEqual([200, '{"n":1}', '"1"']);
  expect((await ben('GET', shared, { headers: { 'if-none-match': '"1"' } })).status).toBe(304);

  for (const method of ['PUT', 'PATCH'] as const) {
    const write = await ben(method, shared, { headers: { 'if-match': '"1"' }, body: { n: 2 } });
    expect([write.status, write.json.type]).toEqual([403, 'urn:roomkey:problem:forbidden']);
  }
  for (const [send, url] of [
    [ben, own],
    [zoe, shared],
    [mia, shared],
  ] as const) {
    for (const method of ['GET', 'PUT', 'PATCH'] as const) {
      const options = method === 'GET' ? {} : { headers: { 'if-match': '"1"' }, body: { n: 2 } };
      expect((await send(method, url, options)).status).toBe(404);
    }
  }
  expect((await mia('GET', own)).text).toBe('{"n":1}');
});

test('a document shared for writing is written by version, and deleted by its owner alone', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const { own, shared } = await keep(mia);
  await share(mia, own, 'ben', 'write');

  expect((await ben('PUT', shared, { body: { n: 2 } })).status).toBe(428);
  const put = await ben('PUT', shared, { headers: { 'if-match': '"1"' }, body: { n: 2 } });
  expect([put.status, put.headers['etag']]).toEqual([200, '"2"']);
  const late = await mia('PATCH', own, { headers: { 'if-match': '"1"' }, body: { m: 1 } });
  expect(late.status).toBe(412);
  const patch = await ben('PATCH', shared, { headers: { 'if-match': '"2"' }, body: { m: 1 } });
  expect([patch.status, patch.headers['etag']]).toEqual([200, '"3"']);
  expect((await mia('GET', own)).json).toEqual({ n: 2, m: 1 });
  // What was written is found by the owner's filter.
  expect((await mia('GET', `${NOTES}?where.m=1`)).json.items).toHaveLength(1);

  const headers = { 'if-match': '"3"' };
  expect((await ben('DELETE', shared, { headers })).status).toBe(404);
  expect((await ben('DELETE', own, { headers })).status).toBe(404);
  expect((await mia('DELETE', own, { headers })).status).toBe(204);
  expect((await ben('GET', shared)).status).toBe(404);
  expect((await ben('GET', '/data/shared')).json.items).toEqual([]);
});

test('a share is changed, shown and ended by the owner, and counts from then on', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const { own, shared } = await keep(mia);
  expect((await mia('GET', `${own}/shares`)).json).toEqual({ items: [] });
  await share(mia, own, 'zoe', 'read');
  await share(mia, own, 'ben', 'read');
  const changed = (await share(mia, own, 'ben', 'write')).json;
  expect((await mia('GET', `${own}/shares/ben`)).json).toEqual(changed);
  const { items } = (await mia('GET', `${own}/shares`)).json;
  expect(items.map((item: { subject: string; access: string }) => [item.subject, item.access])).toEqual([
    ['ben', 'write'],
    ['zoe', 'read'],
  ]);

  await share(mia, own, 'ben', 'read');
  const headers = { 'if-match': '"1"' };
  expect((await ben('PUT', shared, { headers, body: {} })).status).toBe(403);
  expect((await mia('DELETE', `${own}/shares/ben`)).status).toBe(204);
  expect((await ben('GET', shared)).status).toBe(404);
  expect((await mia('DELETE', `${own}/shares/ben`)).status).toBe(404);
  expect((await mia('GET', `${own}/shares/ben`)).status).toBe(404);
});

test('to others the shares of a document are not there, not even to whom it is shared with', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const { own } = await keep(mia);
  await share(mia, own, 'ben', 'write');
  const absent = own.replace(/.{12}$/, '000000000000');
  for (const [send, url] of [
    [ben, own],
    [mia, absent],
  ] as const) {
    expect((await send('GET', `${url}/shares`)).status).toBe(404);
    expect((await send('GET', `${url}/shares/ben`)).status).toBe(404);
    expect((await send('DELETE', `${url}/shares/ben`)).status).toBe(404);
    expect((await share(send, url, 'zoe', 'read')).status).toBe(404);
  }
  const foreign = asUser(data.app, data.desk, { sub: 'ben', scope: 'data:read' });
  expect((await share(foreign, own, 'zoe', 'read')).status).toBe(403);
});

test('what is shared with me is listed once, page by page', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const ids = [];
  for (let n = 0; n < 5; n += 1) {
    const { own, shared } = await keep(n % 2 === 0 ? mia : data.as('zoe'), { n });
    await share(n % 2 === 0 ? mia : data.as('zoe'), own, 'ben', n === 0 ? 'write' : 'read');
    ids.push(shared.slice(-36));
  }
  await keep(mia);
  const first = (await ben('GET', '/data/shared?limit=2')).json;
  expect(first.items[0]).toEqual({
    id: ids[0],
    etag: '"1"',
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
    owner: 'mia',
    collection: 'notes',
    access: 'write',
  });
  const second = (await ben('GET', `/data/shared?limit=2&cursor=${first.next}`)).json;
  const third = (await ben('GET', `/data/shared?limit=2&cursor=${second.next}`)).json;
  const listed = [first, second, third].flatMap(({ items }) => items.map(({ id }: { id: string }) => id));
  expect([listed, third.next]).toEqual([ids, undefined]);
  expect((await mia('GET', '/data/shared')).json).toEqual({ items: [] });
});

test('a document is shared with at most 100 others, however many ask at once', async () => {
  await using data = await openData();
  await using second = await data.openReplica();
  const { own } = await keep(data.mia);
  const senders = [data.mia, second.as('mia')] as const;
  const answers = await Promise.all(
    Array.from({ length: 110 }, (_, n) => share(senders[n % 2 === 0 ? 0 : 1], own, `user-${n}`, 'read')),
  );
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(100);
  expect(statuses.filter((status) => status === 403)).toHaveLength(10);
  const kept = answers.findIndex(({ status }) => status === 200);
  expect((await share(data.mia, own, `user-${kept}`, 'write')).status).toBe(200);
});

test('60 writers, the owner and a guest through two replicas, lose no update', async () => {
  await using data = await openData();
  await using second = await data.openReplica();
  const { own, shared } = await keep(data.mia, { n: 0 });
  await share(data.mia, own, 'ben', 'write');
  const ways = [
    [data.mia, own],
    [second.as('ben'), shared],
  ] as const;

  async function increment(n: number): Promise<number> {
    const [send, url] = ways[n % 2 === 0 ? 0 : 1];
    const read = await send('GET', url);
    const headers = { 'if-match': String(read.headers['etag']) };
    const { status } = await send('PUT', url, { headers, body: { n: read.json.n + 1 } });
    expect([200, 412]).toContain(status);
    return status === 200 ? 1 : 0;
  }
  const counts = await Promise.all(Array.from({ length: 60 }, (_, n) => increment(n)));
  const acknowledged = counts.reduce((sum, count) => sum + count, 0);
  expect(acknowledged).toBeGreaterThan(0);
  expect((await data.mia('GET', own)).json).toEqual({ n: acknowledged });
});

test.each([
  ['ben', { access: 'admin' }, 400],
  ['ben', {}, 400],
  ['ben', { access: 'read', more: 1 }, 400],
  ['ben', [], 400],
  ['mia', { access: 'read' }, 422],
  ['b n', { access: 'read' }, 400],
  ['\0', { access: 'read' }, 400],
  ['é', { access: 'read' }, 400],
])('sharing with %j as %j is refused with %i', async (subject, body, status) => {
  await using data = await openData();
  const { own } = await keep(data.mia);
  const answer = await data.mia('PUT', `${own}/shares/${encodeURIComponent(subject)}`, { body });
  expect(answer.status).toBe(status);
  expect(answer.json.detail).toMatch(/\w+/);
});
