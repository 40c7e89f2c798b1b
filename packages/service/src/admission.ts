import type { IncomingMessage } from 'node:http';
import fp from 'fastify-plugin';
import { handleClosing } from './error-handling.ts';
import { Problem } from './problem.ts';

/**
 * What is refused for its head alone, before a body is read, and all that comes once the service closes. It is registered after
 * CORS and metrics, so that a script may read why, and it is counted.
 */
export const admission = fp(async (app) => {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });

  app.addHook('onRequest', (request, reply, done) => {
    if (isClosing) handleClosing(request, reply);
    else done(refusalOf(request.raw));
  });
});

function refusalOf({ headers, httpVersion }: IncomingMessage): Problem | undefined {
  const { host, 'content-encoding': encoding, 'content-type': type } = headers;
  // RFC 9112 §3.2. Node would ask for it too, and answer without a word.
  if (host === undefined && httpVersion === '1.1')
    return new Problem('bad-request', 'The Host header must name the host that is asked.');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    const detail = 'A compressed body is not taken here; send it as it is.';
    // RFC 9110 §12.5.3: says what would be taken.
    return new Problem('unsupported-media-type', detail, { 'accept-encoding': 'identity' });
  }
  if (type !== undefined && isOtherCharset(type))
    return new Problem(
      'unsupported-media-type',
      'Text is sent in UTF-8 here; leave charset out or say utf-8.',
    );
  return undefined;
}

function isOtherCharset(type: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1];
  return charset !== undefined && charset.toLowerCase() !== 'utf-8';
}
