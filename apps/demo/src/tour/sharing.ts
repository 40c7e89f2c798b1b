import type { StoredDocument } from './documents.ts';
import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import { report, type Stage } from './step.ts';

/** She lets another guest read one document; that guest reads, cannot write, and reads no more once it is taken back. */
export async function shareDocument(
  stage: Stage,
  owner: Guest,
  reader: Guest,
  { path }: StoredDocument,
): Promise<void> {
  const { client } = stage;
  const share = `${path}/shares/${reader.id}`;
  const shared = `/data/shared/${path.split('/').at(-1)}`;
  const asOwner = { card: owner.card.token };
  const asReader = { card: reader.card.token };

  const given = await client.request('PUT', share, { ...asOwner, json: { access: 'read' } });
  report(stage, expectStatus(given, 200), `${owner.name} lets ${reader.name} read it`);

  const listed = expectStatus(await client.request('GET', '/data/shared', asReader), 200);
  const { items } = listed.json() as { items: readonly { readonly owner: string }[] };
  expect(
    items.some((item) => item.owner === owner.id),
    `something of ${owner.id}`,
    listed.body.toString(),
  );
  const read = expectStatus(await client.request('GET', shared, asReader), 200);
  report(stage, read, `${reader.name} reads ${read.body.toString()}`);

  const headers = { 'if-match': read.header('etag') ?? '' };
  const written = await client.request('PUT', shared, { ...asReader, headers, json: { pillow: 'none' } });
  report(stage, expectStatus(written, 403), 'reading is not writing');

  const ended = await client.request('DELETE', share, asOwner);
  report(stage, expectStatus(ended, 204), 'taken back');
  const refused = await client.request('GET', shared, asReader);
  report(stage, expectStatus(refused, 404), 'which counts at once');

  // Kept for her export, which lists whom she shares with.
  expectStatus(await client.request('PUT', share, { ...asOwner, json: { access: 'read' } }), 200);
}
