import type { Send } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openData } from './open-data.ts';

const NOTES = '/data/collections/notes/documents';

async function allPages(send: Send, limit: number): Promise<{ documents: unknown[]; pages: number }> {
  const documents = [];
  let next: string | undefined = '';
  let pages = 0;
  while (next !== undefined) {
    const page = await send('GET', `${NOTES}?limit=${limit}${next && `&cursor=${next}`}`);
    expect(page.status).toBe(200);
    documents.push(...page.json.items.map((item: { document: unknown }) => item.document));
    next = page.json.next;
    pages += 1;
  }
  return { documents, pages };
}

test('a list goes through all documents once, oldest first, page by page', async () => {
  await using data = await openData();
  const { mia } = data;
  for (let n = 0; n < 7; n += 1) await mia('POST', NOTES, { body: { n } });
  await mia('POST', '/data/collections/other/documents', { body: { n: 99 } });

  const expected = [0, 1, 2, 3, 4, 5, 6].map((n) => ({ n }));
  expect(await allPages(mia, 3)).toEqual({ documents: expected, pages: 3 });
  expect(await allPages(mia, 7)).toEqual({ documents: expected, pages: 1 });
  expect(await allPages(mia, 1)).toEqual({ documents: expected, pages: 7 });

  const [first] = (await mia('GET', NOTES)).json.items;
  expect(first).toEqual({
    id: expect.any(String),
    etag: '"1"',
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
    document: { n: 0 },
  });
});

test('writes between two pages neither repeat nor skip what stays', async () => {
  await using data = await openData();
  const { mia } = data;
  for (let n = 0; n < 6; n += 1) await mia('POST', NOTES, { body: { n } });
  const { items, next } = (await mia('GET', `${NOTES}?limit=2`)).json;

  // The last of the page, where the cursor stands, goes; the one behind it changes; a new one comes.
  await mia('DELETE', `${NOTES}/${items[1].id}`, { headers: { 'if-match': '"1"' } });
  const third = (await mia('GET', `${NOTES}?limit=1&cursor=${next}`)).json.items[0];
  await mia('PUT', `${NOTES}/${third.id}`, { headers: { 'if-match': '"1"' }, body: { n: 2, new: true } });
  await mia('POST', NOTES, { body: { n: 6 } });

  const rest = (await mia('GET', `${NOTES}?cursor=${next}`)).json;
  expect(rest.next).toBeUndefined();
  expect(rest.items.map((item: { document: { n: number } }) => item.document.n)).toEqual([2, 3, 4, 5, 6]);
});

test('a page of large documents ends early and the next goes on', async () => {
  await using data = await openData();
  const { mia } = data;
  for (let n = 0; n < 9; n += 1) await mia('POST', NOTES, { body: { n, text: 'x'.repeat(200_000) } });

  const page = await mia('GET', `${NOTES}?limit=100`);
  expect(page.json.items).toHaveLength(6);
  expect(page.text.length).toBeLessThan(1_400_000);
  const { documents } = await allPages(mia, 100);
  expect(documents.map((document) => (document as { n: number }).n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test.each([
  'limit=0',
  'limit=101',
  'limit=x',
  'cursor=x',
  'cursor=eyJhZnRlciI6IicifQ',
  'cursor=',
  'owner=mia',
  'limit=1&limit=2',
])('the query %s is refused', async (query) => {
  await using data = await openData();
  const answer = await data.mia('GET', `${NOTES}?${query}`);
  expect([answer.status, answer.json.type]).toEqual([400, 'urn:roomkey:problem:invalid-request']);
  expect(answer.json.detail).toMatch(/\w+/);
});
