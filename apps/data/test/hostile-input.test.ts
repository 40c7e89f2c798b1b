import { faultOfRefusal, HOSTILE_BODIES, type HostileBody } from '@roomkey/test-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';

let data: Awaited<ReturnType<typeof openData>>;
beforeAll(async () => {
  data = await openData({ documentsPerUser: 2 });
});
afterAll(() => data[Symbol.asyncDispose]());

const nested = (depth: number, open: string, close: string): string =>
  `{"a":${open.repeat(depth - 1)}0${close.repeat(depth - 1)}}`;

const unfit = (name: string, body: unknown, status = 400): HostileBody => ({
  name,
  statuses: [status],
  body,
});

const BODIES: readonly HostileBody[] = [
  ...HOSTILE_BODIES,
  unfit('bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
  unfit('lists 33 levels deep', nested(33, '[', ']')),
  unfit('20,001 values', { a: Array.from({ length: 20_000 }, () => 0) }),
  unfit('a name of 300 characters', { ['n'.repeat(300)]: 1 }),
  unfit('a NUL in a text', { a: 'x\0y' }),
  unfit('a NUL in a name', { a: { 'x\0y': 1 } }),
  unfit('half a surrogate pair in a text', '{"a":["\\ud800"]}'),
  unfit('half a surrogate pair in a name', '{"\\udc00":1}'),
  unfit('a number beyond a double', '{"a":1e400}'),
  unfit('256 KiB and a byte', JSON.stringify({ a: 'x'.repeat(256 * 1024 - 7) }), 413),
];

test.each(BODIES)('a document that is $name is refused', async ({ statuses, ...options }) => {
  expect(faultOfRefusal(await data.mia('POST', NOTES, options), statuses)).toBeUndefined();
});

test.each(BODIES)(
  'a replacement or patch that is $name changes nothing',
  async ({ statuses, ...options }) => {
    const { ben } = data;
    const location = String((await ben('POST', NOTES, { body: { kept: true } })).headers['location']);
    const match = { 'if-match': '"1"' };
    for (const method of ['PUT', 'PATCH'] as const) {
      const answer = await ben(method, location, { ...options, headers: { ...match, ...options.headers } });
      expect(faultOfRefusal(answer, statuses)).toBeUndefined();
    }
    expect((await ben('GET', location)).json).toEqual({ kept: true });
    expect((await ben('DELETE', location, { headers: match })).status).toBe(204);
  },
);

test('a merge patch is no document, and JSON is no merge patch', async () => {
  const patchType = { 'content-type': 'application/merge-patch+json' };
  expect(
    faultOfRefusal(await data.mia('POST', NOTES, { body: {}, headers: patchType }), [415]),
  ).toBeUndefined();
  const answer = await data.mia('PATCH', `${NOTES}/00000000-0000-7000-8000-000000000000`, {
    body: {},
    headers: { 'content-type': 'application/json' },
  });
  expect(faultOfRefusal(answer, [415])).toBeUndefined();
  expect(answer.headers['accept-patch']).toBe('application/merge-patch+json');
});

test.each([
  '..%2f..%2fetc',
  '..%5c..',
  '%2e%2e',
  '.',
  'a%00b',
  'a%2fb',
  'A',
  '-a',
  '__proto__',
  'ä',
  'a%20b',
  'a;b',
  "a'--",
  'a'.repeat(64),
  'a'.repeat(300),
  '%',
  '%ff',
])('a collection named %s is refused', async (name) => {
  const created = await data.mia('POST', `/data/collections/${name}/documents`, { body: {} });
  expect([400, 404, 414]).toContain(created.status);
  expect(created.json.detail).toMatch(/\w+/);
  expect([400, 404, 414]).toContain((await data.mia('GET', `/data/collections/${name}/documents`)).status);
});

test.each([
  'x',
  '1',
  "' or 1=1 --",
  '..%2f..%2fpasswd',
  'constructor',
  'urn:uuid:00000000-0000-7000-8000-000000000000',
  '{00000000-0000-7000-8000-000000000000}',
  '00000000-0000-7000-8000-00000000000G',
  '00000000-0000-7000-8000-0000000000000',
])('an id like %s is refused', async (id) => {
  const url = `${NOTES}/${id.replaceAll(' ', '%20')}`;
  const headers = { 'if-match': '"1"' };
  const answers = [
    await data.mia('GET', url),
    await data.mia('PUT', url, { headers, body: {} }),
    await data.mia('PATCH', url, { headers, body: {} }),
    await data.mia('DELETE', url, { headers }),
  ];
  expect(answers.map((answer) => faultOfRefusal(answer, [400]))).toEqual(answers.map(() => undefined));
});

test('a patch whose result cannot be kept changes nothing', async () => {
  const { ben } = data;
  const location = String(
    (await ben('POST', NOTES, { body: { a: 'x'.repeat(200_000) } })).headers['location'],
  );
  const headers = { 'if-match': '"1"' };

  expect(
    faultOfRefusal(await ben('PATCH', location, { headers, body: { b: 'y'.repeat(100_000) } }), [422]),
  ).toBeUndefined();
  expect(Object.keys((await ben('GET', location)).json)).toEqual(['a']);
  expect((await ben('DELETE', location, { headers })).status).toBe(204);
});

test('what is just within the limits is kept', async () => {
  const { ben } = data;
  const bodies = [nested(32, '[', ']'), JSON.stringify({ a: 'x'.repeat(256 * 1024 - 8) })];
  for (const body of bodies) {
    const { status, headers } = await ben('POST', NOTES, { body });
    expect(status).toBe(201);
    expect((await ben('GET', String(headers['location']))).text).toBe(body);
  }
});

test('after all of this nothing is stored and no quota is used', async () => {
  expect((await data.mia('GET', NOTES)).json).toEqual({ items: [] });
  expect((await data.mia('POST', NOTES, { body: {} })).status).toBe(201);
  expect((await data.mia('POST', NOTES, { body: {} })).status).toBe(201);
  expect((await data.mia('POST', NOTES, { body: {} })).status).toBe(403);
});
