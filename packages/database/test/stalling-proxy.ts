import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface StallingProxy extends AsyncDisposable {
  readonly url: string;
  /** From now on nothing passes, and no connection is closed: as when a host drops off the network. */
  stall(): void;
  /** New connections pass again; the old ones stay silent. */
  recover(): void;
}

/** Stands between a client and the server of `url`. */
export async function stallingProxy(url: string): Promise<StallingProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let stalled = false;
  const proxy = createServer((client) => {
    sockets.add(client.on('error', () => {}));
    if (stalled) return;
    const server = connect(Number(target.port), target.hostname);
    sockets.add(server.on('error', () => {}));
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const proxied = new URL(url);
  proxied.port = String((proxy.address() as AddressInfo).port);
  return {
    url: proxied.href,
    stall: () => {
      stalled = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    recover: () => {
      stalled = false;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => proxy.close(done));
    },
  };
}
