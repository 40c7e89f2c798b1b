import {
  decodeCursor,
  encodeCursor,
  formatETag,
  requireIfMatch,
  versionsIn,
  type Service,
} from '@roomkey/service';
import type { Documents, StoredDocument } from '../domain/documents.ts';
import { COLLECTION, collectionAddress, DOCUMENT, documentAddress } from './addresses.ts';
import { describe, documentHandlers, REFUSALS } from './document-handlers.ts';
import * as schemas from './document-schemas.ts';
import { filterIn } from './filter.ts';
import { createOnceIn } from './idempotency-key.ts';
import { addJsonBodies } from './json-body.ts';

const read = { scope: 'data:read' };
const write = { scope: 'data:write' };

/** Documents in collections: each belongs to the user whose token made it, and to others it is not there. */
export async function documentRoutes(app: Service, { documents }: { documents: Documents }): Promise<void> {
  addJsonBodies(app);
  const handlers = documentHandlers(documents);

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
    const after = decodeCursor(schemas.Position, cursor)?.after;
    const terms = filterIn(request.query);
    const { items, next } = await documents.list(collectionAddress(request), { after, limit, terms });
    return reply.type('application/json').send(listText(items, next && encodeCursor({ after: next })));
  });

  app.get(DOCUMENT, { config: read, schema: schemas.readDocument }, (request, reply) =>
    handlers.read(documentAddress(request), request, reply),
  );
  app.put(DOCUMENT, { config: write, schema: schemas.replaceDocument }, (request, reply) =>
    handlers.replace(documentAddress(request), request, reply),
  );
  app.patch(DOCUMENT, { config: write, schema: schemas.patchDocument }, (request, reply) =>
    handlers.patch(documentAddress(request), request, reply),
  );

  app.delete(DOCUMENT, { config: write, schema: schemas.removeDocument }, async (request, reply) => {
    const versions = versionsIn(requireIfMatch(request.headers['if-match']));
    const removed = await documents.remove(documentAddress(request), versions);
    if (removed !== 'removed') throw REFUSALS[removed];
    return reply.code(204).send();
  });
}

/** Put together as text, for the documents are text already. */
function listText(items: readonly StoredDocument[], next: string | undefined): string {
  const parts = items.map(
    (item) => `${JSON.stringify(describe(item)).slice(0, -1)},"document":${item.text}}`,
  );
  return `{"items":[${parts.join(',')}]${next === undefined ? '' : `,"next":"${next}"`}}`;
}
