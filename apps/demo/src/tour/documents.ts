import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import { report, type Stage } from './step.ts';

export interface StoredDocument {
  readonly path: string;
}

/** A document is stored, read and updated by somebody who says which version they mean; nobody overwrites blindly. */
export async function keepDocument(stage: Stage, guest: Guest): Promise<StoredDocument> {
  const { client } = stage;
  const card = guest.card.token;
  const created = await client.request('POST', '/data/collections/wishes/documents', {
    card,
    json: { pillow: 'soft', wake: '07:30' },
  });
  const path = expectStatus(created, 201).header('location') ?? '';
  expect(path.startsWith('/data/'), 'a Location of the new document', path || 'none');
  report(stage, created);

  const read = expectStatus(await client.request('GET', path, { card }), 200);
  const etag = read.header('etag') ?? '';
  expect(etag !== '', 'an ETag', 'none');
  expect((read.json() as { pillow?: string }).pillow === 'soft', 'what was stored', read.body.toString());
  report(stage, read, `ETag ${etag}`);

  const wanted = { pillow: 'firm', wake: '08:00' };
  const updated = await client.request('PUT', path, { card, json: wanted, headers: { 'if-match': etag } });
  expectStatus(updated, 200);
  report(stage, updated, `If-Match ${etag} held, ETag ${updated.header('etag')}`);

  const stale = await client.request('PUT', path, {
    card,
    json: { pillow: 'none' },
    headers: { 'if-match': etag },
  });
  expectStatus(stale, 412);
  report(stage, stale, `If-Match ${etag} is the past: nothing is overwritten`);

  const blind = expectStatus(await client.request('PUT', path, { card, json: { pillow: 'none' } }), 428);
  report(stage, blind, 'without If-Match it is not even tried');

  const kept = expectStatus(await client.request('GET', path, { card }), 200);
  expect(kept.body.toString() === JSON.stringify(wanted), JSON.stringify(wanted), kept.body.toString());
  return { path };
}
