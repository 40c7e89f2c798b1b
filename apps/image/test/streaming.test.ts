import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import { afterAll, expect, test, vi } from 'vitest';
import { openImage } from './open-image.ts';
import { noise } from './pictures.ts';

const MAX_BYTES = 500_000;
const image = await openImage({ MAX_UPLOAD_BYTES: MAX_BYTES });
afterAll(() => image[Symbol.asyncDispose]());
const address = await image.app.listen({ host: '127.0.0.1', port: 0 });
const authorization = `Bearer ${image.desk.token({ sub: 'mia', scope: 'image:write' })}`;
const picture = await noise(300, 300).png().toBuffer();

function post(headers: Record<string, string | number> = {}, agent?: Agent): ClientRequest {
  return request(`${address}/image/images`, {
    method: 'POST',
    headers: { authorization, ...headers },
    ...(agent && { agent }),
  });
}

function openAgent() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return { agent, [Symbol.asyncDispose]: async () => agent.destroy() };
}

const answerOf = async (sent: ClientRequest) => ((await once(sent, 'response')) as [IncomingMessage])[0];

test('a body that says it is too large is refused before it is sent (security 125)', async () => {
  const sent = post({ 'content-length': MAX_BYTES + 1, expect: '100-continue' });
  sent.flushHeaders();
  const answer = await answerOf(sent);
  expect(answer.statusCode).toBe(413);
  expect(((await json(answer)) as { detail: string }).detail).toContain('more bytes');
  sent.destroy();
});

test('a body that grows too large is refused while it is still being sent (security 125)', async () => {
  const sent = post({ 'content-type': 'image/png' });
  const answer = answerOf(sent);
  const closed = new Promise((resolve) => sent.once('close', resolve));
  let bytes = 0;
  // Somebody who goes on sending whatever comes back, as fast as the line takes it.
  const pieces = Readable.from(
    (function* endless() {
      for (let piece = picture; ; piece = Buffer.alloc(50_000)) {
        bytes += piece.length;
        yield piece;
      }
    })(),
  );
  pieces.pipe(sent);
  sent.on('error', () => pieces.destroy());
  const { statusCode, headers } = await answer;
  expect([statusCode, headers['content-type']]).toEqual([413, 'application/problem+json; charset=utf-8']);
  expect(bytes).toBeLessThan(20 * MAX_BYTES);
  expect(await image.files()).toEqual([]);
  await closed;
  pieces.destroy();
});

test('after a refusal the connection can be used again by whoever has stopped sending', async () => {
  await using agent = openAgent();
  for (const status of [413, 413, 413]) {
    const sent = post({ 'content-type': 'image/png' }, agent.agent);
    const answer = answerOf(sent);
    sent.end(Buffer.concat([picture, Buffer.alloc(2 * MAX_BYTES)]));
    expect((await answer).statusCode).toBe(status);
    await text(await answer);
  }
});

test('what is no image is refused at its first bytes, the rest need not come', async () => {
  const sent = post({ 'content-type': 'image/jpeg' });
  sent.write('<svg xmlns="http://www.w3.org/2000/svg">'.padEnd(4_096));
  const answer = await answerOf(sent);
  expect(answer.statusCode).toBe(415);
  sent.destroy();
});

test('an upload that breaks off leaves nothing behind (security 134)', async () => {
  const { hostname, port } = new URL(address);
  for (const framing of ['content-length: 400000', 'transfer-encoding: chunked']) {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const head = `POST /image/images HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n${framing}\r\n\r\n`;
    const start = framing.startsWith('content') ? '' : '30d40\r\n';
    socket.write(Buffer.concat([Buffer.from(head + start), picture.subarray(0, 100_000)]));
    await vi.waitFor(async () => expect(await image.files()).toHaveLength(1));
    socket.destroy();
    await vi.waitFor(async () => expect(await image.files()).toEqual([]));
  }
  expect((await image.mia.send('GET', '/image/images')).json.items).toEqual([]);
});

test('an upload in pieces of any size is the same image', async () => {
  const sent = post({ 'content-type': 'image/png' });
  const answer = answerOf(sent);
  for (let at = 0; at < 2_000; at += 1) sent.write(picture.subarray(at, at + 1));
  sent.end(picture.subarray(2_000));
  expect((await answer).statusCode).toBe(201);
});
