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

  app.addHook('onRequest', (request, _reply, done) => {
    const { 'content-encoding': encoding, 'content-type': type } = request.headers;
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      const detail = 'A compressed body is not taken here; send it as it is.';
      // RFC 9110 §12.5.3: says what would be taken.
      done(new Problem('unsupported-media-type', detail, { 'accept-encoding': 'identity' }));
    } else if (type !== undefined && isOtherCharset(type)) {
      done(
        new Problem('unsupported-media-type', 'Text is sent in UTF-8 here; leave charset out or say utf-8.'),
      );
    } else {
      done();
    }
  });
});

function isOtherCharset(type: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1];
  return charset !== undefined && charset.toLowerCase() !== 'utf-8';
}
