import { describe, expect, test } from 'vitest';
import { BAD_ANSWERS, redirectsTo } from './bad-answers.ts';
import { createKey, openDesk, PATHS, type Desk } from './desk.ts';
import { openView } from './view.ts';

const EVERYTHING = ['/lists/1', '/lists/2', PATHS.jwks, PATHS.lists];
const requests = (desk: Desk) => EVERYTHING.map((path) => desk.requestsFor(path));

/** Follows the desk, and has looked at everything once more after it connected. */
async function openFollower(desk: Desk) {
  const opened = await openView(desk, { eventsToo: true, coolDownMs: 3_600_000 });
  await expect.poll(() => desk.requestsFor(PATHS.jwks)).toBe(2);
  await opened.view.refresh();
  return opened;
}

test('a hint at a list makes it be looked at, and nothing else (security 84)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  desk.addList('2');
  using opened = await openFollower(desk);
  const before = requests(desk);
  const token = desk.token({ status: list.status(5) });
  expect(opened.judge(token)).toBe('accepted');
  list.revoke(5);
  desk.hint({ kind: 'list', uri: list.uri });
  await expect.poll(() => opened.judge(token)).toBe('revoked');
  expect(requests(desk)).toEqual([(before[0] ?? 0) + 1, ...before.slice(1)]);
});

test('a hint at keys or lists makes everything be looked at (security 29, 38)', async () => {
  await using desk = await openDesk();
  using opened = await openFollower(desk);
  const oldToken = desk.token({ status: desk.addList('1').status(1) });
  desk.hint({ kind: 'lists' });
  await expect.poll(() => opened.judge(oldToken)).toBe('accepted');
  desk.keys = [createKey()];
  desk.hint({ kind: 'keys' });
  await expect.poll(() => opened.judge(oldToken)).toBe('unknown-key');
});

test('a stream that is cut is taken up again, and what was missed is looked at (security 84)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  using opened = await openFollower(desk);
  const token = desk.token({ status: list.status(5) });
  expect(opened.judge(token)).toBe('accepted');
  for (let time = 0; time < 3; time += 1) {
    desk.cut();
    await expect.poll(() => desk.listeners()).toBe(0);
    list.revoke(5 + time);
    await expect.poll(() => desk.listeners()).toBe(1);
    const missed = desk.token({ status: list.status(5 + time) });
    await expect.poll(() => opened.judge(missed)).toBe('revoked');
  }
});

test('garbage among the hints is harmless, and causes no request (security 96)', async () => {
  await using desk = await openDesk();
  await using elsewhere = await openDesk();
  const list = desk.addList('1');
  elsewhere.addList('1');
  using opened = await openFollower(desk);
  const before = requests(desk);
  for (const line of [
    'data:',
    'data: {',
    'data: null',
    'data: 1',
    'data: "keys"',
    'data: []',
    'data: {"kind": "KEYS"}',
    'data: {"kind": "list"}',
    'data: {"kind": "list", "uri": 7}',
    `data: {"kind": "list", "uri": "${elsewhere.origin}/lists/1"}`,
    'data: {"kind": "list", "uri": "__proto__"}',
    'data: {"kind": ["keys"]}',
    'event: keys',
    'id: 7',
    'retry: 0',
    ': comment',
    '\0\x01\x02',
    'x'.repeat(4_000),
    '',
  ])
    desk.say(`${line}\n`);
  const token = desk.token({ status: list.status(5) });
  expect(opened.judge(token)).toBe('accepted');
  list.revoke(5);
  // In pieces, with the line ends of another world.
  for (const piece of ['da', 'ta: {"kind":"li', 'st","uri":"', list.uri, '"}\r', '\n\r\n']) desk.say(piece);
  await expect.poll(() => opened.judge(token)).toBe('revoked');
  expect(requests(desk)).toEqual([(before[0] ?? 0) + 1, ...before.slice(1)]);
  expect(elsewhere.requestsFor('/lists/1')).toBe(0);
  expect(opened.errors).toEqual([]);
});

test('a line without end ends the stream, and it is taken up again', async () => {
  await using desk = await openDesk();
  using opened = await openFollower(desk);
  desk.say(`data: ${'x'.repeat(100_000)}`);
  await expect.poll(() => desk.requestsFor(PATHS.events)).toBe(2);
  expect(opened.judge(desk.token({ status: desk.addList('1').status(1) }))).toBe('unknown-status');
});

test('a flood of hints causes few looks, holds nobody up, and its last word is heard (security 52, 84)', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  using opened = await openFollower(desk);
  const token = desk.token({ status: list.status(5) });
  const startedAt = performance.now();
  const before = requests(desk);
  const line = `data: ${JSON.stringify({ kind: 'list', uri: list.uri })}\n\n`;
  for (let block = 0; block < 30; block += 1) {
    desk.say(line.repeat(100));
    expect(opened.judge(token)).toBe('accepted');
    await new Promise(setImmediate);
  }
  list.revoke(5);
  desk.say(line);
  await expect.poll(() => opened.judge(token)).toBe('revoked');
  const elapsed = performance.now() - startedAt;
  const looks = requests(desk).map((count, at) => count - (before[at] ?? 0));
  // The view leaves 20 ms between two looks at the same document.
  expect(looks[0]).toBeLessThanOrEqual(elapsed / 20 + 2);
  expect(looks.slice(1)).toEqual([0, 0, 0]);
});

test('a stream that never stops talking is cut, and taken up again', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  using opened = await openFollower(desk);
  const line = `data: ${JSON.stringify({ kind: 'list', uri: list.uri })}\n\n`;
  let saidLines = 0;
  desk.answers.set(PATHS.events, (response) => {
    const more = () => {
      while (!response.destroyed && response.write(line.repeat(1_000))) saidLines += 1_000;
    };
    response.on('drain', more);
    more();
  });
  desk.cut();
  await expect.poll(() => desk.requestsFor(PATHS.events)).toBeGreaterThan(3);
  expect(saidLines).toBeGreaterThan(10_000);
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
  desk.answers.clear();
  list.revoke(5);
  await expect.poll(() => opened.judge(desk.token({ status: list.status(5) }))).toBe('revoked');
});

describe('what is no stream of hints leaves the view to its polling', () => {
  test.each(BAD_ANSWERS)('$name', async ({ answer }) => {
    await using desk = await openDesk();
    const list = desk.addList('1');
    desk.answers.set(PATHS.events, answer);
    using opened = await openView(desk, { eventsToo: true, pollMs: 20 });
    const token = desk.token({ status: list.status(5) });
    expect(opened.judge(token)).toBe('accepted');
    list.revoke(5);
    await expect.poll(() => opened.judge(token)).toBe('revoked');
  });

  test('a redirect to another stream (security 40)', async () => {
    await using desk = await openDesk();
    await using elsewhere = await openDesk();
    for (const { answer } of redirectsTo(elsewhere)) {
      desk.answers.set(PATHS.events, answer);
      const asked = desk.requestsFor(PATHS.events);
      using opened = await openView(desk, { eventsToo: true, pollMs: 20 });
      await expect.poll(() => desk.requestsFor(PATHS.events)).toBeGreaterThan(asked);
      expect(opened.errors).toEqual([]);
    }
    expect(elsewhere.requestsFor(PATHS.events)).toBe(0);
  });
});
