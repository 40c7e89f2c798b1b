import { compileBody, compileText } from '@roomkey/schema';
import type { FastifySchema } from 'fastify';

/** Fastify's validator compiler: strict for bodies, converting for query, path and headers; unknown members stay an error. */
export function compileValidator({ schema, httpPart }: { schema: FastifySchema; httpPart?: string }) {
  return httpPart === 'body' ? compileBody(schema) : compileText(schema);
}
