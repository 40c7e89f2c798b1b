import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
  type Server,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { loadGatewaySettings } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import type { Readable } from 'node:stream';

/** A gateway or an upstream on a free port. */
export interface Running extends AsyncDisposable {
  readonly port: number;
  readonly origin: string;
  readonly server: Server;
}

/** Starts the gateway and waits until every service has a ready replica (unless `isUp` says what else to wait for). */
export async function startGateway(
  upstreams: string,
  overrides: Readonly<Record<string, string>> = {},
  isUp: (origin: string) => Promise<boolean> = isReady,
): Promise<Running & { close: () => Promise<void> }> {
  const settings = loadGatewaySettings({
    HOST: '127.0.0.1',
    PORT: '0',
    UPSTREAMS: upstreams,
    HEALTH_INTERVAL_MS: '50',
    // Who has to wait for a processor is not gone.
    HEALTH_TIMEOUT_MS: '20000',
    CONNECT_TIMEOUT_MS: '20000',
    SHUTDOWN_TIMEOUT_MS: '1000',
    ...overrides,
  });
  const { server, close } = createGateway(settings);
  const running = await listen(server, settings.PORT);
  await until(() => isUp(running.origin));
  return { ...running, close, [Symbol.asyncDispose]: close };
}

export async function isReady(origin: string): Promise<boolean> {
  const { status } = await ask(origin, '/readyz');
  return status === 200;
}

/** Starts an HTTP server on loopback that is ready at once and leaves the rest to the listener. */
export function startUpstream(listener: RequestListener, port = 0): Promise<Running> {
  const server = createServer((request, response) => {
    if (request.url === '/readyz') response.end();
    else listener(request, response);
  });
  return listen(server, port);
}

async function listen(server: Server, port: number): Promise<Running> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return {
    server,
    port: bound,
    origin: `http://127.0.0.1:${bound}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Less than a test may take: what does not come is told by what waited for it, not by the test's time limit. */
const PATIENCE_MS = 25_000;

/**
 * One request with node:http, which lets a test send what fetch would not. Rejects when the connection breaks, and when the
 * whole answer is not there in time.
 */
export async function ask(
  origin: string,
  path: string,
  options: RequestOptions = {},
  body?: string | Buffer | Readable,
): Promise<Answer> {
  const outgoing = httpRequest(origin, { path, signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  if (typeof body === 'object' && 'pipe' in body) body.pipe(outgoing);
  else outgoing.end(body);
  const [incoming] = await answered;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: await textOf(incoming) };
}

export async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Where a process listens that was started with a channel. @throws when it ends before */
export async function listeningOf(child: ChildProcess): Promise<string> {
  const ended = async (): Promise<never> => {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    throw new Error(`a process ended with ${code ?? signal} before it listened`);
  };
  const [message] = (await Promise.race([once(child, 'message'), ended()])) as [{ listening: string }];
  return message.listening;
}

/** Opens a plain connection, writes the text and gives what comes back until the other side closes. */
export async function askRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text, 'latin1');
  return readAll(socket);
}

export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** Waits for a condition. @throws when it does not come true in time, with its text */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const fault = new Error(`not so within ${withinMs} ms: ${String(condition)}`);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(fault), withinMs);
  const isMet = async (): Promise<boolean> => condition();
  try {
    while (!(await Promise.race([late.promise, isMet()])))
      await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    clearTimeout(timer);
  }
}

interface StatusPage {
  readonly services: readonly {
    readonly name: string;
    readonly ready: number;
    readonly inFlight: number;
    readonly retries: number;
    readonly replicas: readonly {
      url: string;
      ready: boolean;
      inFlight: number;
      served: number;
      failures: number;
    }[];
  }[];
}

/** The first service of /gateway/status. */
export async function statusOf(origin: string): Promise<StatusPage['services'][number]> {
  const { body } = await ask(origin, '/gateway/status');
  const [service] = (JSON.parse(body) as StatusPage).services;
  if (service === undefined) throw new Error('no service');
  return service;
}
