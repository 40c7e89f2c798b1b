import { afterAll, beforeAll, expect, test } from 'vitest';
import { openData, type Reply, type SendOptions } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';
const DEEP = 10_000;

let data: Awaited<ReturnType<typeof openData>>;
beforeAll(async () => {
  data = await openData({ documentsPerUser: 2 });
});
afterAll(() => data[Symbol.asyncDispose]());

function expectRefusal(answer: Reply, status: number): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json.detail).toMatch(/^[A-Za-z"].{10,}/);
  expect(answer.json.detail).not.toMatch(/syntax|pg|column|at position|node_modules/i);
}

const nested = (depth: number, open: string, close: string): string =>
  `{"a":${open.repeat(depth - 1)}0${close.repeat(depth - 1)}}`;

const BODIES: readonly (readonly [what: string, status: number, options: SendOptions])[] = [
  ['no body', 400, { headers: { 'content-type': 'application/json' } }],
  ['an empty body', 400, { body: '' }],
  ['half a document', 400, { body: '{"a":' }],
  ['more than a document', 400, { body: '{}{}' }],
  ['a comma too many', 400, { body: '{"a":1,}' }],
  ['NaN', 400, { body: '{"a":NaN}' }],
  ['single quotes', 400, { body: "{'a':1}" }],
  ['a comment', 400, { body: '{} // none' }],
  ['a byte order mark', 400, { body: '\uFEFF{}' }],
  ['UTF-16', 400, { body: Buffer.from('{"a":1}', 'utf16le') }],
  ['bytes that are no UTF-8', 400, { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }],
  ['a list', 400, { body: [{ a: 1 }] }],
  ['a text', 400, { body: '"a"' }],
  ['a number', 400, { body: '1' }],
  ['null', 400, { body: 'null' }],
  ['lists 33 levels deep', 400, { body: nested(33, '[', ']') }],
  ['lists 10,000 levels deep', 400, { body: nested(DEEP, '[', ']') }],
  ['objects 10,000 levels deep', 400, { body: nested(DEEP, '{"a":', '}') }],
  ['10,000 levels never closed', 400, { body: '['.repeat(DEEP) }],
  ['100,000 levels after a text with brackets', 400, { body: `{"]\\"}":${'['.repeat(100_000)}` }],
  ['20,001 values', 400, { body: { a: Array.from({ length: 20_000 }, () => 0) } }],
  ['a name of 300 characters', 400, { body: { ['n'.repeat(300)]: 1 } }],
  ['a NUL in a text', 400, { body: { a: 'x\0y' } }],
  ['a NUL in a name', 400, { body: { a: { 'x\0y': 1 } } }],
  ['half a surrogate pair in a text', 400, { body: '{"a":["\\ud800"]}' }],
  ['half a surrogate pair in a name', 400, { body: '{"\\udc00":1}' }],
  ['a member named __proto__', 400, { body: '{"__proto__":{"admin":true}}' }],
  ['a number beyond a double', 400, { body: '{"a":1e400}' }],
  ['a body of 256 KiB and a byte', 413, { body: JSON.stringify({ a: 'x'.repeat(256 * 1024 - 7) }) }],
  ['a body of 5 MB', 413, { body: 'x'.repeat(5_000_000) }],
  ['text', 415, { body: '{}', headers: { 'content-type': 'text/plain' } }],
  ['a form', 415, { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
  ['XML', 415, { body: '<a/>', headers: { 'content-type': 'application/xml' } }],
  ['an odd type', 415, { body: '{}', headers: { 'content-type': 'application/jsonx' } }],
  ['a broken type', 415, { body: '{}', headers: { 'content-type': ';application/json' } }],
];

test.each(BODIES)('a document that is %s is refused', async (_, status, options) => {
  expectRefusal(await data.mia('POST', NOTES, options), status);
});

test.each(BODIES)(
  'a replacement or patch that is %s is refused and changes nothing',
  async (_, status, options) => {
    const { ben } = data;
    const { headers, json } = await ben('POST', NOTES, { body: { kept: true } });
    const location = String(headers['location']);
    const match = { 'if-match': '"1"' };
    for (const method of ['PUT', 'PATCH'] as const) {
      const given = options.headers?.['content-type'];
      const own = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const type = given === undefined || given === 'application/json' ? own : given;
      const answer = await ben(method, location, { ...options, headers: { ...match, 'content-type': type } });
      expectRefusal(answer, status);
    }
    expect((await ben('GET', location)).json).toEqual({ kept: true });
    expect((await ben('DELETE', location, { headers: match })).status).toBe(204);
    expect((await ben('GET', `${NOTES}/${json.id}`)).status).toBe(404);
  },
);

test('a merge patch is no document, and JSON is no merge patch', async () => {
  const patchType = { 'content-type': 'application/merge-patch+json' };
  expectRefusal(await data.mia('POST', NOTES, { body: {}, headers: patchType }), 415);
  const answer = await data.mia('PATCH', `${NOTES}/00000000-0000-7000-8000-000000000000`, {
    body: {},
    headers: { 'content-type': 'application/json' },
  });
  expectRefusal(answer, 415);
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
  expectRefusal(await data.mia('GET', url), 400);
  expectRefusal(await data.mia('PUT', url, { headers, body: {} }), 400);
  expectRefusal(await data.mia('PATCH', url, { headers, body: {} }), 400);
  expectRefusal(await data.mia('DELETE', url, { headers }), 400);
});

test('a patch whose result cannot be kept changes nothing', async () => {
  const { ben } = data;
  const location = String(
    (await ben('POST', NOTES, { body: { a: 'x'.repeat(200_000) } })).headers['location'],
  );
  const headers = { 'if-match': '"1"' };

  expectRefusal(await ben('PATCH', location, { headers, body: { b: 'y'.repeat(100_000) } }), 422);
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
