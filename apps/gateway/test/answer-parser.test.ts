import { expect, test } from 'vitest';
import { AnswerParser } from '../src/upstream/answer-parser.ts';

/** What a parser makes of bytes that arrive in these pieces. */
function fateOf(pieces: readonly Buffer[], isHeadRequest = false) {
  const seen = { status: 0, headers: [] as string[], isLast: false, body: '' };
  const parser = new AnswerParser(
    {
      onHead: ({ status, headers, isLast }) => Object.assign(seen, { status, headers, isLast }),
      onData: (chunk) => {
        seen.body += chunk.toString('latin1');
      },
    },
    isHeadRequest,
  );
  let progress = 'more';
  for (const piece of pieces) {
    progress = parser.feed(piece);
    if (progress !== 'more') break;
  }
  return { progress, ...seen };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const whole = (text: string, isHeadRequest?: boolean) => fateOf([bytes(text)], isHeadRequest);

const OK = 'HTTP/1.1 200 OK\r\n';
const GOOD: Readonly<Record<string, string>> = {
  'a length': `${OK}X-Served-By: a\r\ncontent-length: 4\r\n\r\nbody`,
  'no body': `${OK}Content-Length: 0\r\n\r\n`,
  chunks: `${OK}Transfer-Encoding: chunked\r\nX: y\r\n\r\n1\r\nb\r\n00A\r\nody of ten\r\n0\r\n\r\n`,
  'an early hint before it': `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 1\r\n\r\nx`,
  'bytes above ASCII': `${OK}x-name: caf\xe9\r\ncontent-length: 2\r\n\r\n\xff\x00`,
};

test.each(Object.entries(GOOD))('an answer with %s is the same however its bytes arrive', (_what, text) => {
  const expected = whole(text);
  expect(expected).toMatchObject({ progress: 'whole', status: 200 });
  const all = bytes(text);
  for (let first = 0; first <= all.length; first += 1) {
    for (let second = first; second <= all.length; second += 1)
      expect(fateOf([all.subarray(0, first), all.subarray(first, second), all.subarray(second)])).toEqual(
        expected,
      );
  }
  expect(fateOf(Array.from(all, (_byte, at) => all.subarray(at, at + 1)))).toEqual(expected);
});

test.each(Object.entries(GOOD))('an answer with %s is not whole before its last byte', (_what, text) => {
  for (let length = 0; length < text.length; length += 1)
    expect(whole(text.slice(0, length)).progress).toBe('more');
});

test.each(Object.entries(GOOD))('bytes after an answer with %s are seen as such', (_what, text) => {
  const body = whole(text).body;
  expect(whole(`${text}HTTP/1.1 200 OK\r\n`)).toMatchObject({ progress: 'excess', body });
});

test.each([
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
  ['a blank line before', `\r\n${OK}content-length: 0\r\n\r\n`],
  ['a bare LF between lines', `${OK}a: b\ncontent-length: 0\r\n\r\n`],
  ['a bare CR in a value', `${OK}a: b\rc\r\ncontent-length: 0\r\n\r\n`],
  ['a NUL in a value', `${OK}a: b\0c\r\ncontent-length: 0\r\n\r\n`],
  ['a folded header', `${OK}a: b\r\n c: d\r\ncontent-length: 0\r\n\r\n`],
  ['a blank before the colon', `${OK}content-length : 0\r\n\r\n`],
  ['a header without a name', `${OK}: b\r\ncontent-length: 0\r\n\r\n`],
  ['a header without a colon', `${OK}a\r\ncontent-length: 0\r\n\r\n`],
  ['no end of the body told', `${OK}a: b\r\n\r\nbody`],
  ['a length and chunks', `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['two lengths', `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nbody`],
  ['two equal lengths', `${OK}content-length: 1\r\nContent-Length: 1\r\n\r\nb`],
  ['a list of lengths', `${OK}content-length: 1, 1\r\n\r\nb`],
  ['a signed length', `${OK}content-length: +1\r\n\r\nb`],
  ['a length beyond all numbers', `${OK}content-length: 99999999999999999999\r\n\r\nb`],
  ['another coding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['chunked twice', `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a chunk extension', `${OK}transfer-encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n`],
  ['a blank in a chunk size', `${OK}transfer-encoding: chunked\r\n\r\n1 \r\nx\r\n0\r\n\r\n`],
  ['a signed chunk size', `${OK}transfer-encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n`],
  ['a chunk size in 0x', `${OK}transfer-encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n`],
  ['a chunk size that overflows', `${OK}transfer-encoding: chunked\r\n\r\n100000001\r\nx\r\n0\r\n\r\n`],
  ['an empty chunk size', `${OK}transfer-encoding: chunked\r\n\r\n\r\nx\r\n0\r\n\r\n`],
  ['a chunk size that ends with LF', `${OK}transfer-encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n`],
  ['a chunk longer than it says', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n`],
  ['a trailer', `${OK}transfer-encoding: chunked\r\n\r\n0\r\na: b\r\n\r\n`],
  ['a head without end', `${OK}a: ${'b'.repeat(70_000)}`],
])('%s is no answer', (_what, text) => {
  expect(whole(text).progress).toBe('malformed');
});

test('what has no body by its status or by the request ends with its head', () => {
  for (const status of ['204 No Content', '304 Not Modified'])
    expect(whole(`HTTP/1.1 ${status}\r\ncontent-length: 9\r\n\r\n`)).toMatchObject({
      progress: 'whole',
      body: '',
    });
  expect(whole(`${OK}transfer-encoding: chunked\r\n\r\n`, true)).toMatchObject({
    progress: 'whole',
    body: '',
  });
});

test('what belongs to the connection is taken out, and obeyed', () => {
  const text = `${OK}Connection: close, X-Hop\r\nKeep-Alive: timeout=5\r\nx-hop: a\r\nX-Other: b\r\ncontent-length: 0\r\n\r\n`;
  expect(whole(text)).toMatchObject({ isLast: true, headers: ['X-Other', 'b', 'content-length', '0'] });
});
