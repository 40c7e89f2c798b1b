import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service behind a proxy that ends TLS, as it tells the service, with pages on the same origin. */
export interface ServiceFront extends AsyncDisposable {
  readonly port: number;
}

export interface FrontOptions {
  /** HTML by path, whatever the query. */
  readonly pages?: Readonly<Record<string, string>>;
  /** Headers of every answer to a page of that origin; with them, preflights are answered here. */
  readonly corsHeaders?: (origin: string) => Readonly<Record<string, string>>;
}

const HOST = '127.0.0.1';

/** It answers under every name that leads to this machine: browsers send all names below `localhost` here, and trust them as HTTPS. */
export async function openFront(
  servicePort: number,
  { pages = {}, corsHeaders }: FrontOptions,
): Promise<ServiceFront> {
  const server = createServer((incoming, answer) => {
    const page = pages[new URL(incoming.url ?? '/', 'http://front').pathname];
    const { origin } = incoming.headers;
    const added = origin === undefined ? {} : (corsHeaders?.(origin) ?? {});
    if (page !== undefined) answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    else if (corsHeaders !== undefined && incoming.method === 'OPTIONS') answer.writeHead(204, added).end();
    else passOn(servicePort, incoming, answer, added);
  }).listen(0, HOST);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(
  port: number,
  incoming: IncomingMessage,
  answer: ServerResponse,
  added: Readonly<Record<string, string>>,
): void {
  const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' };
  const { method, url: path } = incoming;
  const outgoing = request({ host: HOST, port, method, path, headers }, (answered) => {
    answer.writeHead(answered.statusCode ?? 502, { ...answered.headers, ...added });
    answered.pipe(answer);
  });
  outgoing.on('error', () => answer.destroy());
  incoming.pipe(outgoing);
}
