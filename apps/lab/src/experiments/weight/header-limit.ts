import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

const SCHEME = 'Bearer ';
/** By the service at the end; it may not know the path. A header that is too long gets 400 or 431. */
const ANSWERED = /^HTTP\/1\.1 (?:200|404) /;
const HIGHEST = 256 * 1024;

/** The longest `Authorization` value, in bytes, that a server on 127.0.0.1 lets through. */
export async function longestAuthorization(port: number, path: string): Promise<number> {
  let fits = SCHEME.length;
  let refused = HIGHEST;
  while (refused - fits > 1) {
    const length = Math.floor((fits + refused) / 2);
    if (await isAnswered(port, path, length)) fits = length;
    else refused = length;
  }
  return fits;
}

async function isAnswered(port: number, path: string, length: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const value = `${SCHEME}${'x'.repeat(length - SCHEME.length)}`;
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: ${value}\r\n\r\n`,
  );
  // A server that refuses may end the connection before it has read everything.
  const answer = await text(socket).catch(() => '');
  socket.destroy();
  return ANSWERED.test(answer);
}
