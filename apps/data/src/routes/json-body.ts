import { Problem, type Service } from '@roomkey/service';
import type { FastifyRequest } from 'fastify';
import { readJsonText, type JsonText } from '../domain/json-text.ts';

const JSON_TYPE = 'application/json';
const MERGE_PATCH_TYPE = 'application/merge-patch+json';

/** Reads bodies as documents: a merge patch for PATCH, JSON for every other method. */
export function addJsonBodies(app: Service): void {
  app.removeContentTypeParser(JSON_TYPE);
  for (const type of [JSON_TYPE, MERGE_PATCH_TYPE]) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
      // RFC 9110 §9.3.5: a body means nothing there, and some clients name a type without sending one.
      if (request.method === 'DELETE') return undefined;
      const wanted = request.method === 'PATCH' ? MERGE_PATCH_TYPE : JSON_TYPE;
      if (type !== wanted) throw wrongType(request.method, wanted);
      return documentIn(body);
    });
  }
}

function documentIn(body: Buffer): JsonText {
  const reading = readJsonText(body);
  if (reading.ok) return reading.document;
  throw new Problem(reading.kind === 'malformed' ? 'bad-request' : 'invalid-request', reading.fault);
}

function wrongType(method: string, wanted: string): Problem {
  // RFC 5789 §2.2: a refused patch format is answered with those that are taken.
  const headers = method === 'PATCH' ? { 'accept-patch': wanted } : {};
  return new Problem('unsupported-media-type', `${method} takes ${wanted} here.`, headers);
}
