import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** A request as it arrived. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface CannedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, a text or a stream as they are, anything else as JSON. */
  readonly body?: unknown;
}

/** A service that is called by the one under test, over real HTTP: answers as it is told and remembers what it was sent. */
export interface RecordingServer extends AsyncDisposable {
  readonly origin: string;
  readonly received: readonly RecordedRequest[];
}

/** @param answer may wait; `undefined` breaks the connection without an answer */
export async function openRecordingServer(
  answer: (request: RecordedRequest) => CannedAnswer | undefined | Promise<CannedAnswer | undefined>,
): Promise<RecordingServer> {
  const received: RecordedRequest[] = [];
  const server = createServer((incoming, response) => {
    void (async () => {
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body: await buffer(incoming) };
      received.push(request);
      const canned = await answer(request);
      if (canned === undefined) {
        incoming.socket.destroy();
        return;
      }
      const { status = 200, body = '' } = canned;
      const isRaw = typeof body === 'string' || Buffer.isBuffer(body) || body instanceof Readable;
      response.writeHead(status, {
        ...(!isRaw && { 'content-type': 'application/json' }),
        ...canned.headers,
      });
      // Who does not take it all has seen enough.
      if (body instanceof Readable) await pipeline(body, response).catch(() => undefined);
      else response.end(isRaw ? body : JSON.stringify(body));
    })();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
