import { connect, createServer, type AddressInfo } from 'node:net';
import type { RecordedRequest } from './recording-server.ts';

/** Stands between two services: passes every byte on, and keeps what one of them sends. */
export interface RecordingProxy extends AsyncDisposable {
  readonly origin: string;
  /** Everything that was sent through it, all connections one after another. */
  sent(): string;
  /** The same as requests; throws for what is none. Those that are still on their way are left out. */
  requests(): RecordedRequest[];
}

/** @param target origin it passes on to, asked at each connection */
export async function openRecordingProxy(target: () => string): Promise<RecordingProxy> {
  const connections: Buffer[][] = [];
  const open = new Set<{ destroy(): unknown }>();
  const server = createServer((incoming) => {
    const { hostname, port } = new URL(target());
    const outgoing = connect(Number(port), hostname);
    const kept: Buffer[] = [];
    connections.push(kept);
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        incoming.destroy();
        outgoing.destroy();
      });
    }
    incoming.on('data', (bytes) => kept.push(Buffer.from(bytes)));
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => connections.map((kept) => Buffer.concat(kept).toString('latin1')).join('\n'),
    requests: () => connections.flatMap((kept) => requestsIn(Buffer.concat(kept))),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** RFC 9112 §2.1, as far as our services use it: a body has a length. */
function requestsIn(bytes: Buffer): RecordedRequest[] {
  const requests: RecordedRequest[] = [];
  for (let at = 0; ;) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd === -1) return requests;
    const [first = '', ...fields] = bytes.toString('latin1', at, headEnd).split('\r\n');
    const [, method, path] = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(first) ?? [];
    if (method === undefined || path === undefined) throw new Error(`this is no request: ${first}`);
    const headers: Record<string, string> = {};
    for (const field of fields) {
      const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(field) ?? [];
      const known = name.toLowerCase();
      headers[known] = known in headers ? `${headers[known]}, ${value}` : value;
    }
    if ('transfer-encoding' in headers) throw new Error(`the body of ${first} has no length`);
    const end = headEnd + 4 + Number(headers['content-length'] ?? 0);
    if (end > bytes.length) return requests;
    requests.push({ method, path, headers, body: bytes.subarray(headEnd + 4, end) });
    at = end;
  }
}
