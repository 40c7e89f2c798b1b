import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { closedPort, createTestDatabase } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { assertion, ASSERTION_TYPE, CLIENTS, makeClient } from './clients.ts';
import { openDesk, PASSWORD, postForm, settingsFor, type SignedIn } from './desk.ts';

const SERVER = fileURLToPath(new URL('../src/server.ts', import.meta.url));

function start(env: Readonly<Record<string, string>>): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const child = spawn(execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  return child as unknown as ChildProcess & { stdout: NodeJS.ReadableStream };
}

test(
  'it starts with plain node, serves, leaves in order on SIGTERM, and no log line holds a secret (security 72, 147)',
  { timeout: 60_000 },
  async () => {
    await using database = await createTestDatabase({
      migrations: new URL('../migrations', import.meta.url),
    });
    const client = await makeClient('profile');
    const child = start(settingsFor(database.url, { ...CLIENTS(client), LOG_LEVEL: 'trace' }));
    const said = Promise.all([text(child.stdout), text(child.stderr as NodeJS.ReadableStream)]);
    try {
      const [{ listening }] = (await once(child, 'message')) as [{ listening: string }];
      const send = (path: string, body: string | URLSearchParams, type: string) =>
        fetch(`${listening}${path}`, { method: 'POST', headers: { 'content-type': type }, body });
      const json = (path: string, body: object) => send(path, JSON.stringify(body), 'application/json');
      const form = (path: string, body: Record<string, string>) =>
        send(path, new URLSearchParams(body), 'application/x-www-form-urlencoded');

      expect((await fetch(`${listening}/readyz`)).status).toBe(200);
      await json('/auth/accounts', { name: 'ada', password: PASSWORD });
      const wrong = 'a password somebody else has';
      await json('/auth/sessions', { name: 'ada', password: wrong });
      const card = (await (
        await json('/auth/sessions', { name: 'ada', password: PASSWORD })
      ).json()) as SignedIn;
      const proof = await assertion(client);
      const answers = [
        await form('/auth/token', {
          grant_type: 'refresh_token',
          refresh_token: card.refresh_token,
          client_id: 'app',
        }),
        await form('/auth/token', {
          grant_type: 'client_credentials',
          client_assertion: proof,
          client_assertion_type: ASSERTION_TYPE,
        }),
        await form(`/auth/introspect?token=${card.refresh_token}`, {
          token: card.access_token,
          client_assertion: proof,
        }),
        await fetch(`${listening}/auth/sessions?token=${card.access_token}`, {
          headers: { authorization: `Bearer ${card.access_token}x` },
        }),
      ];
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 401, 401]);
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(0);
      const log = (await said).join('\n');
      expect(log).toContain('/auth/token');
      for (const secret of [PASSWORD, wrong, card.access_token, card.refresh_token, proof, 'PRIVATE KEY'])
        expect(log).not.toContain(secret);
    } finally {
      child.kill('SIGKILL');
    }
  },
);

test('without its database it starts, is not ready, and answers 503 with Retry-After in bounded time (security 57, 151)', async () => {
  await using desk = await openDesk();
  const url = `postgres://nobody:nothing@127.0.0.1:${await closedPort()}/auth`;
  const app = await desk.replica({ env: { DATABASE_URL: url } });
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  expect((await app.inject('/readyz')).statusCode).toBe(503);
  const answers = [
    await app.inject({ method: 'POST', url: '/auth/sessions', payload: { name: 'ada', password: PASSWORD } }),
    await app.inject({ method: 'POST', url: '/auth/accounts', payload: { name: 'ada', password: PASSWORD } }),
    await postForm(app, '/auth/token', {
      grant_type: 'refresh_token',
      client_id: 'app',
      refresh_token: 'A'.repeat(43),
    }),
    await postForm(app, '/auth/revoke', { client_id: 'app', token: 'A'.repeat(43) }),
  ];
  for (const answer of answers) {
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.body).not.toMatch(/postgres|ECONN|stack/i);
  }
});
