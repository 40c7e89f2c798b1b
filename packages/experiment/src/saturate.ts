import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

export interface Saturation {
  /** Requests answered as wanted. */
  readonly answered: number;
  readonly perSecond: number;
  /** Milliseconds from sending to the whole answer, of each request. */
  readonly latenciesMs: readonly number[];
}

export interface SaturationOptions {
  readonly port: number;
  /** Whole HTTP/1.1 requests as bytes, sent in turn, see `httpRequest`; or what makes the next one of a connection. */
  readonly requests: readonly Buffer[] | ((connection: number) => Buffer);
  /** Requests in flight, each on a connection of its own that is kept. */
  readonly connections: number;
  readonly seconds: number;
  /** Where in `requests` to begin; the next run goes on there where each may be sent once alone. */
  readonly from?: number;
  /** What every answer has to be; any 2xx unless given. */
  readonly status?: number;
  /** Given each body, where the next request rests on the last answer. */
  readonly onAnswer?: (connection: number, body: string) => void;
}

/** An HTTP/1.1 request as bytes. */
export function httpRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Buffer {
  const length = body === '' && method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: '127.0.0.1', ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Keeps a server on 127.0.0.1 busy: on each connection the next request goes out as soon as the last is answered. A client made
 * for this alone, because a usual one needs more of the processor than the servers it measures.
 *
 * @throws when an answer is not of the wanted status or has no Content-Length: a figure of errors is none
 */
export async function saturate(options: SaturationOptions): Promise<Saturation> {
  const { port, requests, connections, seconds, onAnswer } = options;
  let next = options.from ?? 0;
  const latenciesMs: number[] = [];
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  const nextRequest = (connection: number): Buffer | undefined => {
    if (performance.now() >= until) return undefined;
    if (typeof requests === 'function') return requests(connection);
    const request = requests[next % requests.length];
    next += 1;
    return request;
  };
  const isWanted = wanted(options.status);
  await Promise.all(
    sockets.map((socket, connection) =>
      converse(
        socket,
        () => nextRequest(connection),
        isWanted,
        (tookMs, body) => {
          latenciesMs.push(tookMs);
          onAnswer?.(connection, body);
        },
      ),
    ),
  );
  const tookMs = performance.now() - startedAt;
  return { answered: latenciesMs.length, perSecond: (latenciesMs.length / tookMs) * 1_000, latenciesMs };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

function converse(
  socket: Socket,
  nextRequest: () => Buffer | undefined,
  isWanted: (answer: string) => boolean,
  onAnswer: (tookMs: number, body: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let received = '';
    const send = (): void => {
      const request = nextRequest();
      if (request === undefined) {
        socket.removeAllListeners('close').end();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(request);
    };
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk;
      const length = answerLength(received);
      if (length === undefined || received.length < length) return;
      if (!isWanted(received) || received.length > length) {
        socket.destroy();
        reject(new Error(`another answer than wanted: ${received.slice(0, 400)}`));
        return;
      }
      const tookMs = performance.now() - sentAt;
      const body = received.slice(received.indexOf('\r\n\r\n') + 4);
      received = '';
      onAnswer(tookMs, body);
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server ended a connection')));
    send();
  });
}

function wanted(status: number | undefined): (answer: string) => boolean {
  const start = status === undefined ? 'HTTP/1.1 2' : `HTTP/1.1 ${status}`;
  return (answer) => answer.startsWith(start);
}

const NO_BODY = /^HTTP\/1\.1 204/;

/** Characters of the whole answer, or undefined while its head is not all there. */
function answerLength(received: string): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const at = received.search(/\r\ncontent-length: /i);
  if (at >= 0 && at < headEnd) return headEnd + 4 + Number.parseInt(received.slice(at + 18), 10);
  if (NO_BODY.test(received)) return headEnd + 4;
  throw new Error(`an answer without Content-Length: ${received.slice(0, 400)}`);
}
