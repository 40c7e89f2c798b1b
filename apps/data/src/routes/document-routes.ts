import type { Principal } from '@roomkey/resource-server';
import {
  decodeCursor,
  encodeCursor,
  formatETag,
  matchesIfNoneMatch,
  Problem,
  requireIfMatch,
  versionsIn,
  type Service,
} from '@roomkey/service';
import { Type } from 'typebox';
import {
  patchDocument,
  type CollectionAddress,
  type DocumentAddress,
  type DocumentInfo,
  type Documents,
  type StoredDocument,
} from '../domain/documents.ts';
import * as schemas from './document-schemas.ts';
import { filterIn } from './filter.ts';
import { createOnceIn } from './idempotency-key.ts';
import { addJsonBodies } from './json-body.ts';

const COLLECTION = '/collections/:collection/documents';
const DOCUMENT = `${COLLECTION}/:id`;
const Position = Type.Object({ after: schemas.id });
const REFUSALS = {
  missing: new Problem('not-found', 'You have no document of this id in this collection.'),
  changed: new Problem('precondition-failed', 'The document has another version now; read it again.'),
  'quota-exceeded': new Problem('quota-exceeded', 'You keep as many documents as you can; remove one first.'),
  'key-reused': new Problem(
    'unprocessable-content',
    'This Idempotency-Key came with another body before; a new document needs a new key.',
  ),
};
const read = { scope: 'data:read' };
const write = { scope: 'data:write' };

/** Documents in collections: each belongs to the user whose token made it, and to everybody else it is not there. */
export async function documentRoutes(app: Service, { documents }: { documents: Documents }): Promise<void> {
  addJsonBodies(app);

  app.post(COLLECTION, { config: write, schema: schemas.createDocument }, async (request, reply) => {
    const address = collectionAddress(request);
    const once = createOnceIn(request.headers['idempotency-key'], request.body.text);
    const created = await documents.create(address, request.body, once);
    if (typeof created === 'string') throw REFUSALS[created];
    void reply
      .code(201)
      .header('location', `${app.prefix}/collections/${address.collection}/documents/${created.id}`);
    return reply.header('etag', formatETag(created.version)).send(describe(created));
  });

  app.get(COLLECTION, { config: read, schema: schemas.listDocuments }, async (request, reply) => {
    const { cursor, limit } = request.query;
    const after = decodeCursor(Position, cursor)?.after;
    const terms = filterIn(request.query);
    const { items, next } = await documents.list(collectionAddress(request), { after, limit, terms });
    return reply.type('application/json').send(listText(items, next && encodeCursor({ after: next })));
  });

  app.get(DOCUMENT, { config: read, schema: schemas.readDocument }, async (request, reply) => {
    const document = await documents.find(documentAddress(request));
    if (!document) throw REFUSALS.missing;
    const etag = formatETag(document.version);
    void reply.header('etag', etag).header('cache-control', 'private, no-cache');
    if (matchesIfNoneMatch(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return reply.type('application/json').send(document.text);
  });

  app.put(DOCUMENT, { config: write, schema: schemas.replaceDocument }, async (request, reply) => {
    const versions = versionsIn(requireIfMatch(request.headers['if-match']));
    const written = await documents.replace(documentAddress(request), versions, request.body);
    if (typeof written === 'string') throw REFUSALS[written];
    return reply.header('etag', formatETag(written.version)).send(describe(written));
  });

  app.patch(DOCUMENT, { config: write, schema: schemas.patchDocument }, async (request, reply) => {
    const versions = versionsIn(requireIfMatch(request.headers['if-match']));
    const written = await patchDocument(documents, documentAddress(request), versions, request.body.content);
    if (typeof written === 'string') throw REFUSALS[written];
    if ('fault' in written) throw new Problem('unprocessable-content', `Patched like this: ${written.fault}`);
    return reply.header('etag', formatETag(written.version)).send(describe(written));
  });

  app.delete(DOCUMENT, { config: write, schema: schemas.removeDocument }, async (request, reply) => {
    const versions = versionsIn(requireIfMatch(request.headers['if-match']));
    const removed = await documents.remove(documentAddress(request), versions);
    if (removed !== 'removed') throw REFUSALS[removed];
    return reply.code(204).send();
  });
}

interface AddressedRequest<Params> {
  readonly principal: Principal;
  readonly params: Params;
}

function collectionAddress({
  principal,
  params,
}: AddressedRequest<{ collection: string }>): CollectionAddress {
  return { owner: { issuer: principal.issuer, subject: principal.subject }, collection: params.collection };
}

function documentAddress(request: AddressedRequest<{ collection: string; id: string }>): DocumentAddress {
  return { ...collectionAddress(request), id: request.params.id };
}

function describe({ id, version, createdAt, updatedAt }: DocumentInfo) {
  return {
    id,
    etag: formatETag(version),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** Put together as text, for the documents are text already. */
function listText(items: readonly StoredDocument[], next: string | undefined): string {
  const parts = items.map(
    (item) => `${JSON.stringify(describe(item)).slice(0, -1)},"document":${item.text}}`,
  );
  return `{"items":[${parts.join(',')}]${next === undefined ? '' : `,"next":"${next}"`}}`;
}
