import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import { signJws, type TestIssuer } from './test-issuer.ts';

/** What a test issuer publishes over real HTTP: its key, one status list, and a stream of hints. */
export interface PublishedIssuer extends AsyncDisposable {
  readonly jwksUrl: string;
  readonly statusListsUrl: string;
  readonly eventsUrl: string;
  /** The `status` claim of a token with that index. */
  status(index: number): Readonly<Record<string, unknown>>;
  /** Sets the bit and hints at it. */
  revoke(index: number): void;
}

const SIZE = 2 ** 14;

export async function publishIssuer(desk: TestIssuer): Promise<PublishedIssuer> {
  const uri = `${desk.issuer}/lists/1`;
  const bytes = Buffer.alloc(SIZE / 8);
  const listeners = new Set<ServerResponse>();

  const documents: Readonly<Record<string, () => string>> = {
    '/jwks.json': () => JSON.stringify({ keys: [desk.jwk] }),
    '/lists': () => JSON.stringify({ status_lists: [uri] }),
    '/lists/1': () => {
      const iat = Math.floor(Date.now() / 1_000);
      const status_list = { bits: 1, lst: deflateSync(bytes).toString('base64url') };
      const header = { alg: 'ES256', typ: 'statuslist+jwt', kid: desk.jwk['kid'] };
      return signJws(
        header,
        { iss: desk.issuer, sub: uri, iat, exp: iat + 900, ttl: 10, status_list },
        desk.privateKey,
      );
    },
  };
  const server = createServer((request, response) => {
    const document = documents[request.url ?? ''];
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
      listeners.add(response);
    } else if (document) response.end(document());
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    jwksUrl: `${origin}/jwks.json`,
    statusListsUrl: `${origin}/lists`,
    eventsUrl: `${origin}/events`,
    status: (index) => ({ status_list: { uri, idx: index } }),
    revoke(index) {
      bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
      for (const listener of listeners) listener.write(`data: ${JSON.stringify({ kind: 'list', uri })}\n\n`);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
