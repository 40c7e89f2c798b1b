/** What can be done with one document, wherever its address comes from: the owner's collection, or a share. */
import { formatETag, matchesIfNoneMatch, Problem, requireIfMatch, versionsIn } from '@roomkey/service';
import type { FastifyReply } from 'fastify';
import {
  patchDocument,
  type DocumentAddress,
  type DocumentInfo,
  type Documents,
  type SharedAddress,
} from '../domain/documents.ts';
import type { JsonText } from '../domain/json-text.ts';

type Address = DocumentAddress | SharedAddress;

export const REFUSALS = {
  missing: new Problem('not-found', 'There is no such document for you.'),
  changed: new Problem('precondition-failed', 'The document has another version now; read it again.'),
  'read-only': new Problem('forbidden', 'This document is shared with you for reading.'),
  'quota-exceeded': new Problem('quota-exceeded', 'You keep as many documents as you can; remove one first.'),
  'key-reused': new Problem(
    'unprocessable-content',
    'This Idempotency-Key came with another body before; a new document needs a new key.',
  ),
};

export function describe({ id, version, createdAt, updatedAt }: DocumentInfo) {
  return {
    id,
    etag: formatETag(version),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export function documentHandlers(documents: Documents) {
  async function read(
    address: Address,
    { headers }: { readonly headers: { 'if-none-match'?: string } },
    reply: FastifyReply,
  ) {
    const document = await documents.find(address);
    if (!document) throw REFUSALS.missing;
    const etag = formatETag(document.version);
    void reply.header('etag', etag).header('cache-control', 'private, no-cache');
    if (matchesIfNoneMatch(headers['if-none-match'], etag)) return reply.code(304).send();
    return reply.type('application/json').send(document.text);
  }

  async function replace(address: Address, { headers, body }: WriteRequest, reply: FastifyReply) {
    const versions = versionsIn(requireIfMatch(headers['if-match']));
    const written = await documents.replace(address, versions, body, 'replaced');
    if (typeof written === 'string') throw REFUSALS[written];
    return reply.header('etag', formatETag(written.version)).send(describe(written));
  }

  async function patch(address: Address, { headers, body }: WriteRequest, reply: FastifyReply) {
    const versions = versionsIn(requireIfMatch(headers['if-match']));
    const written = await patchDocument(documents, address, versions, body.content);
    if (typeof written === 'string') throw REFUSALS[written];
    if ('fault' in written) throw new Problem('unprocessable-content', `Patched like this: ${written.fault}`);
    return reply.header('etag', formatETag(written.version)).send(describe(written));
  }

  return { read, replace, patch };
}

interface WriteRequest {
  readonly headers: { 'if-match'?: string };
  readonly body: JsonText;
}
