import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { closedPort, openSilentServer } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { BrokenBodyError, IncomingCall, streamService, type StreamedAnswer } from '../src/index.ts';
import { openDesk, openRoom, TARGET } from './desk.ts';

const PIECE = Buffer.alloc(64 * 1024, 'x');

/** A room whose answer is written by hand. */
async function openWriter(write: (response: ServerResponse) => void | Promise<void>) {
  const server = createServer((request, response) => {
    request.resume();
    response.on('error', () => {});
    void write(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function bodyOf(answer: StreamedAnswer) {
  if (!answer.ok) throw new Error(answer.kind);
  return answer.body;
}

async function lengthOf(answer: StreamedAnswer): Promise<number> {
  let length = 0;
  for await (const bytes of bodyOf(answer)) length += bytes.length;
  return length;
}

test('an answer of any length is read as it comes, and no faster: who stops reading stops the sender', async () => {
  await using desk = await openDesk();
  let sent = 0;
  function* pieces() {
    for (; sent < 4_000; sent += 1) yield PIECE;
  }
  await using room = await openWriter((response) => pipeline(Readable.from(pieces()), response));
  const token = desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' });
  const body = bodyOf(await streamService(room.origin, {}, { token }));
  const bytes = body[Symbol.asyncIterator]();
  expect((await bytes.next()).done).toBe(false);
  // What the sender can get rid of is bounded by the buffers between; it has come to rest when it sends nothing more.
  let before = -1;
  for (let quiet = 0; quiet < 200; quiet = sent === before ? quiet + 1 : 0) {
    before = sent;
    await turn();
  }
  expect(sent).toBeLessThan(1_000);
  let length = PIECE.length;
  for (let next = await bytes.next(); !next.done; next = await bytes.next()) length += next.value.length;
  expect(length).toBeGreaterThanOrEqual(4_000 * PIECE.length);
});

test('an answer that breaks off, or of which nothing more comes, is no end: reading it throws', async () => {
  await using desk = await openDesk();
  const token = desk.tokens.clientCredentials(TARGET);
  await using breaking = await openWriter((response) => {
    response.write(PIECE, () => response.destroy());
  });
  await using stalling = await openWriter((response) => void response.write(PIECE));
  for (const [room, kind] of [
    [breaking, 'unreachable'],
    [stalling, 'too-late'],
  ] as const) {
    const answer = await streamService(room.origin, {}, { token, idleMs: 300 });
    const fault = await lengthOf(answer).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(BrokenBodyError);
    expect(fault).toMatchObject({ kind });
  }
});

test('a body that takes longer than the time for its beginning is read to its end', async () => {
  await using desk = await openDesk();
  let written = 0;
  await using room = await openWriter((response) => {
    const timer = setInterval(() => {
      response.write('.');
      if ((written += 1) === 12) {
        clearInterval(timer);
        response.end();
      }
    }, 100);
  });
  const token = desk.tokens.clientCredentials(TARGET);
  expect(await lengthOf(await streamService(room.origin, {}, { token, timeoutMs: 1_000 }))).toBe(12);
});

test('a refused token is replaced once, and of an answer that nobody wants the connection is given up', async () => {
  await using desk = await openDesk();
  let refusals = 1;
  await using room = await openRoom(() => ({ status: refusals-- > 0 ? 401 : 200, body: PIECE }));
  const token = desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' });
  expect(await lengthOf(await streamService(room.origin, {}, { token }))).toBe(PIECE.length);
  expect(desk.received).toHaveLength(2);

  const closed = Promise.withResolvers<void>();
  await using endless = await openWriter((response) => {
    response.on('close', () => closed.resolve());
    response.write(PIECE);
  });
  await bodyOf(await streamService(endless.origin, {}, { token })).cancel();
  await closed.promise;
});

test('what has no beginning in time is too late, what is not there unreachable, what the desk refuses refused', async () => {
  await using desk = await openDesk();
  await using silent = await openSilentServer();
  const token = desk.tokens.clientCredentials(TARGET);
  const at = (port: number) => `http://127.0.0.1:${port}`;
  expect(await streamService(at(silent.port), {}, { token, timeoutMs: 200 })).toMatchObject({
    kind: 'too-late',
  });
  expect(await streamService(at(await closedPort()), {}, { token })).toMatchObject({ kind: 'unreachable' });
  const spent = new IncomingCall({ id: 'i', headers: { 'request-timeout-ms': '0' } });
  const late = await streamService(at(silent.port), {}, { token, onBehalfOf: spent });
  expect(late).toMatchObject({ kind: 'too-late' });
  await using strict = await openDesk(() => ({ status: 400, body: { error: 'invalid_scope' } }));
  const refused = await streamService(
    at(silent.port),
    {},
    { token: strict.tokens.exchange({ ...TARGET, subjectToken: 'narrow' }) },
  );
  expect(refused).toMatchObject({ kind: 'refused', error: 'invalid_scope' });
});
