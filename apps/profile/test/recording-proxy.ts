import { connect, createServer, type AddressInfo } from 'node:net';

/** Stands between two services: passes every byte on, and keeps what one of them sends. */
export interface RecordingProxy extends AsyncDisposable {
  readonly origin: string;
  /** Everything that was sent through it, all connections one after another. */
  sent(): string;
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
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
