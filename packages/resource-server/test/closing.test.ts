import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openDesk, PATHS } from './desk.ts';
import { openView } from './view.ts';

const VIEW_PROCESS = fileURLToPath(new URL('view-process.ts', import.meta.url));

test('a process that has closed its view can end, whatever the view was waiting for', async () => {
  await using desk = await openDesk();
  desk.addList('1');
  let looks = 0;
  const jwks = JSON.stringify({ keys: desk.keys.map((key) => key.jwk) });
  // The second look never gets an answer.
  desk.answers.set(PATHS.jwks, (response) => {
    looks += 1;
    if (looks === 1) response.end(jwks);
  });
  const child = spawn(execPath, [VIEW_PROCESS, desk.origin], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect({ said, complaints, code }).toEqual({ said: 'seen\n', complaints: '', code: 0 });
});

test('a closed view looks no more, follows no more, and still answers from what it knows', async () => {
  await using desk = await openDesk();
  const list = desk.addList('1');
  const opened = await openView(desk, { eventsToo: true, pollMs: 10, coolDownMs: 0 });
  await expect.poll(() => desk.listeners()).toBe(1);
  opened.view.close();
  await expect.poll(() => desk.listeners()).toBe(0);
  await opened.view.refresh();
  const count = () =>
    [PATHS.jwks, PATHS.lists, PATHS.events, list.path].map((path) => desk.requestsFor(path));
  const before = count();
  // What would cause looks in an open view.
  opened.judge(desk.token({}, { kid: 'unknown' }));
  await opened.view.refresh();
  await opened.view.refresh();
  expect(count()).toEqual(before);
  expect(opened.errors).toEqual([]);
  expect(opened.judge(desk.token({ status: list.status(1) }))).toBe('accepted');
});
