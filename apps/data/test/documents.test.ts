import { asUser } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';

test('a document is created, read, replaced, patched and removed', async () => {
  await using data = await openData();
  const { mia } = data;

  const created = await mia('POST', NOTES, { body: { title: 'Milk', tags: ['a'] } });
  expect(created.status).toBe(201);
  const { location, etag } = created.headers as { location: string; etag: string };
  expect(etag).toBe('"1"');
  expect(location).toBe(`${NOTES}/${created.json.id}`);
  expect(created.json).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    etag,
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: created.json.createdAt,
  });

  const read = await mia('GET', location);
  expect([read.status, read.headers['etag'], read.json]).toEqual([200, etag, { title: 'Milk', tags: ['a'] }]);

  const replaced = await mia('PUT', location, {
    headers: { 'if-match': etag },
    body: { title: 'Bread', n: 1 },
  });
  expect([replaced.status, replaced.headers['etag'], replaced.json.etag]).toEqual([200, '"2"', '"2"']);

  const patch = { n: null, tags: ['b'], more: { deep: true, gone: null } };
  const patched = await mia('PATCH', location, { headers: { 'if-match': '"2"' }, body: patch });
  expect([patched.status, patched.headers['etag']]).toEqual([200, '"3"']);
  expect((await mia('GET', location)).json).toEqual({ title: 'Bread', tags: ['b'], more: { deep: true } });

  const typed = { 'if-match': '"3"', 'content-type': 'application/json' };
  expect((await mia('DELETE', location, { headers: typed })).status).toBe(204);
  expect((await mia('GET', location)).status).toBe(404);
  expect((await mia('DELETE', location, { headers: { 'if-match': '"3"' } })).status).toBe(404);
});

test('what is read is what was written, to the last digit and blank', async () => {
  await using data = await openData();
  const { mia } = data;
  const text = '{ "z": 1.0, "big": 12345678901234567890, "1": -0.0, "e": 1e300,\n "a": "é😀\\u00e9\\/" }';

  const { headers } = await mia('POST', NOTES, { body: text });
  const location = String(headers['location']);
  expect((await mia('GET', location)).text).toBe(text);

  // A patch writes the document anew, and still leaves the numbers alone.
  await mia('PATCH', location, {
    headers: { 'if-match': '"1"' },
    body: '{"a":null,"pi":3.14159265358979323846}',
  });
  expect((await mia('GET', location)).text).toBe(
    '{"1":-0.0,"z":1.0,"big":12345678901234567890,"e":1e300,"pi":3.14159265358979323846}',
  );
});

test('a current version is not sent again', async () => {
  await using data = await openData();
  const { mia } = data;
  const location = String((await mia('POST', NOTES, { body: {} })).headers['location']);

  const same = await mia('GET', location, { headers: { 'if-none-match': '"7", W/"1"' } });
  expect([same.status, same.text, same.headers['etag']]).toEqual([304, '', '"1"']);
  expect(same.headers['cache-control']).toBe('private, no-cache');
  expect((await mia('GET', location, { headers: { 'if-none-match': '"2"' } })).status).toBe(200);
});

test('a write needs the version that is there: 428 without, 412 with another', async () => {
  await using data = await openData();
  const { mia } = data;
  const location = String((await mia('POST', NOTES, { body: { n: 0 } })).headers['location']);

  for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
    const body = method === 'DELETE' ? undefined : { n: 1 };
    const statuses = [];
    for (const headers of [
      {},
      { 'if-match': '*' },
      { 'if-match': '"2"' },
      { 'if-match': 'W/"1"' },
      { 'if-match': '1' },
    ]) {
      statuses.push((await mia(method, location, { headers, body })).status);
    }
    expect(statuses).toEqual([428, 428, 412, 412, 400]);
  }
  expect((await mia('GET', location)).json).toEqual({ n: 0 });
});

test('another guest’s document is not there, for reading or writing (security 31)', async () => {
  await using data = await openData();
  const { mia, ben } = data;
  const location = String((await mia('POST', NOTES, { body: { mine: true } })).headers['location']);
  const otherCase = data.as('MIA');
  const headers = { 'if-match': '"1"' };

  for (const stranger of [ben, otherCase]) {
    const answers = [
      await stranger('GET', location),
      await stranger('GET', location, { headers: { 'if-none-match': '*' } }),
      await stranger('PUT', location, { headers, body: { owner: 'mia' } }),
      await stranger('PATCH', location, { headers, body: { owner: 'mia' } }),
      await stranger('DELETE', location, { headers }),
      await stranger('DELETE', location, { headers: { 'if-match': '"9"' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    expect((await stranger('GET', NOTES)).json).toEqual({ items: [] });
  }
  expect((await mia('GET', location)).json).toEqual({ mine: true });
  // Nor is it in another collection of its owner.
  expect((await mia('GET', location.replace('notes', 'other'))).status).toBe(404);
});

test('reading and writing need their own scopes (security 30)', async () => {
  await using data = await openData();
  const location = String((await data.mia('POST', NOTES, { body: {} })).headers['location']);
  const reader = asUser(data.app, data.desk, { sub: 'mia', scope: 'data:read' });
  const writer = asUser(data.app, data.desk, { sub: 'mia', scope: 'data:write' });
  const headers = { 'if-match': '"1"' };

  expect((await reader('GET', location)).status).toBe(200);
  expect((await reader('POST', NOTES, { body: {} })).status).toBe(403);
  expect((await reader('PUT', location, { headers, body: {} })).status).toBe(403);
  expect((await reader('PATCH', location, { headers, body: {} })).status).toBe(403);
  expect((await reader('DELETE', location, { headers })).status).toBe(403);
  expect((await writer('GET', location)).status).toBe(403);
  expect((await writer('GET', NOTES)).status).toBe(403);
  expect((await writer('PUT', location, { headers, body: {} })).status).toBe(200);
});
