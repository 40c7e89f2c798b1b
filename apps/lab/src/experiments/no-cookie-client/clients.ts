import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  /** The values of `Set-Cookie`. */
  readonly cookies: readonly string[];
  readonly body: string;
}

/** Somebody who speaks HTTP and keeps nothing between two requests. */
export type Speak = (origin: string, request: Request) => Promise<Answer>;

/** HTTP/1.1 on a bare socket: a line, some headers, and what comes back until the end. */
export const speakOnSocket: Speak = async (origin, { method, path, headers = {}, body = '' }) => {
  const { hostname, port, host } = new URL(origin);
  const all = { host, connection: 'close', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const socket = connect(Number(port), hostname);
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  return readAnswer(await text(socket));
};

/** Without `-c` and `-b`, so without a jar. */
export const speakWithCurl: Speak = async (origin, { method, path, headers = {}, body }) => {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const data = body === undefined ? [] : ['--data-binary', body];
  const url = `${origin}${path}`;
  const { stdout } = await promisify(execFile)('curl', ['-s', '-i', '-X', method, ...named, ...data, url]);
  return readAnswer(stdout);
};

function readAnswer(answer: string): Answer {
  const end = answer.indexOf('\r\n\r\n');
  const [first = '', ...lines] = answer.slice(0, end).split('\r\n');
  const cookies = lines.flatMap((line) => /^set-cookie: ?(.*)$/i.exec(line)?.[1] ?? []);
  return { status: Number(first.split(' ')[1]), cookies, body: answer.slice(end + 4) };
}
