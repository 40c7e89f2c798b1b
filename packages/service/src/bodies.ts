import { isUtf8 } from 'node:buffer';
import fp from 'fastify-plugin';
import { Problem } from './problem.ts';

/**
 * What bodies are taken: JSON in UTF-8 (RFC 8259 §8.1) as it is, and nothing else unless a route says so. Bytes that are no
 * UTF-8 would be read as U+FFFD, and two different passwords as one.
 */
export const bodies = fp(async (app) => {
  const parseJson = app.getDefaultJsonParser('error', 'error');

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isUtf8(body)) void parseJson(request, body.toString('utf8'), done);
    else done(new Problem('bad-request', 'The body is not valid UTF-8; JSON is sent in UTF-8.'));
  });
});
