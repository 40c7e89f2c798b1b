import { Problem, type Service } from '@roomkey/service';
import { MAX_SHARES_PER_DOCUMENT, type Share, type Shares } from '../domain/shares.ts';
import { DOCUMENT, documentAddress } from './addresses.ts';
import { REFUSALS } from './document-handlers.ts';
import * as schemas from './share-schemas.ts';

const SHARES = `${DOCUMENT}/shares`;
const SHARE = `${SHARES}/:subject`;
const NOT_SHARED = new Problem('not-found', 'You share no such document with this subject.');
const read = { scope: 'data:read' };
const write = { scope: 'data:write' };

/** Whom the owner of a document shares it with. */
export async function shareRoutes(app: Service, { shares }: { shares: Shares }): Promise<void> {
  app.put(SHARE, { config: write, schema: schemas.putShare }, async (request, reply) => {
    const { subject } = request.params;
    if (subject === request.principal.subject)
      throw new Problem('unprocessable-content', 'This subject is you; name somebody else.');
    const share = await shares.put(documentAddress(request), subject, request.body.access);
    if (share === 'missing') throw REFUSALS.missing;
    if (share === 'too-many') {
      throw new Problem(
        'quota-exceeded',
        `A document is shared with at most ${MAX_SHARES_PER_DOCUMENT} others; end a share first.`,
      );
    }
    return reply.send(describeShare(share));
  });

  app.get(SHARES, { config: read, schema: schemas.listShares }, async (request) => {
    const list = await shares.list(documentAddress(request));
    if (!list) throw REFUSALS.missing;
    return { items: list.map(describeShare) };
  });

  app.get(SHARE, { config: read, schema: schemas.readShare }, async (request) => {
    const share = await shares.find(documentAddress(request), request.params.subject);
    if (!share) throw NOT_SHARED;
    return describeShare(share);
  });

  app.delete(SHARE, { config: write, schema: schemas.removeShare }, async (request, reply) => {
    if (!(await shares.remove(documentAddress(request), request.params.subject))) throw NOT_SHARED;
    return reply.code(204).send();
  });
}

const describeShare = ({ subject, access, since }: Share) => ({
  subject,
  access,
  since: since.toISOString(),
});
