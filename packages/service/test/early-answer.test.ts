import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createService } from '../src/index.ts';

const CHUNK = Buffer.alloc(65_536, ' ');
const CHUNKS = 128;

/** Writes 8 MiB as one body, framed one way or the other. */
async function upload(socket: Socket, framing: string): Promise<void> {
  const isChunked = framing === 'in chunks';
  const length = isChunked ? 'transfer-encoding: chunked' : `content-length: ${CHUNK.length * CHUNKS}`;
  socket.write(`POST /x HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`);
  for (let sent = 0; sent < CHUNKS; sent += 1) {
    if (isChunked) socket.write(`${CHUNK.length.toString(16)}\r\n`);
    socket.write(CHUNK);
    if (isChunked) socket.write('\r\n');
    if (socket.writableNeedDrain) await once(socket, 'drain');
  }
  if (isChunked) socket.write('0\r\n\r\n');
}

test.each(['announced', 'in chunks'])(
  'who sends too large a body, %s, reads the 413 and can go on',
  async (framing) => {
    await using app = await createService({
      name: 'x',
      description: 'x',
      logLevel: 'silent',
      corsOrigins: '*',
    });
    app.post('/x', () => ({}));
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    await upload(socket, framing);
    await upload(socket, framing);
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await once(socket, 'close');
    expect(received.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 413', 'HTTP/1.1 200']);
  },
);
