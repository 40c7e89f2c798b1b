import { decodeCursor, encodeCursor, type Service } from '@roomkey/service';
import type { FastifyRequest } from 'fastify';
import type { Documents, SharedAddress } from '../domain/documents.ts';
import type { Shares } from '../domain/shares.ts';
import { userOf } from './addresses.ts';
import { describe, documentHandlers } from './document-handlers.ts';
import { Position } from './document-schemas.ts';
import { addJsonBodies } from './json-body.ts';
import * as schemas from './share-schemas.ts';

const SHARED = '/shared/:id';
const read = { scope: 'data:read' };
const write = { scope: 'data:write' };

/** Other users' documents, as far as they share them. There is no deletion here: that stays the owner's. */
export async function sharedRoutes(
  app: Service,
  { documents, shares }: { documents: Documents; shares: Shares },
): Promise<void> {
  addJsonBodies(app);
  const handlers = documentHandlers(documents);

  app.get('/shared', { config: read, schema: schemas.listShared }, async (request) => {
    const { cursor, limit } = request.query;
    const after = decodeCursor(Position, cursor)?.after;
    const { items, more } = await shares.sharedWith(userOf(request.principal), { after, limit });
    return {
      items: items.map((item) => ({
        ...describe(item),
        owner: item.owner,
        collection: item.collection,
        access: item.access,
      })),
      ...(more && { next: encodeCursor({ after: items.at(-1)?.id }) }),
    };
  });

  app.get(SHARED, { config: read, schema: schemas.readShared }, (request, reply) =>
    handlers.read(sharedAddress(request), request, reply),
  );
  app.put(SHARED, { config: write, schema: schemas.replaceShared }, (request, reply) =>
    handlers.replace(sharedAddress(request), request, reply),
  );
  app.patch(SHARED, { config: write, schema: schemas.patchShared }, (request, reply) =>
    handlers.patch(sharedAddress(request), request, reply),
  );
}

function sharedAddress({
  principal,
  params,
}: Pick<FastifyRequest, 'principal'> & { params: { id: string } }): SharedAddress {
  return { guest: userOf(principal), id: params.id };
}
