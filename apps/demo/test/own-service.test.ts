import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSystem } from '@roomkey/embedded-system';
import { expect, test } from 'vitest';
import { Client } from '../src/client.ts';
import { deskThatKnowsMinibar, startOwnService } from '../src/own-service.ts';
import { scratchFolder } from './demo-run.ts';

const page = await readFile(
  fileURLToPath(new URL('../../../docs/your-own-service.md', import.meta.url)),
  'utf8',
);
const PASSWORD = 'a lamp on a long table';

test('the page about a service of your own builds a room of fewer than 40 lines, on three packages', () => {
  const [, code = ''] = /^```ts apps\/minibar\/src\/server\.ts\n(.*?)^```$/ms.exec(page) ?? [];
  const lines = code.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.length).toBeLessThan(40);
  const imported = [...code.matchAll(/ from '([^']+)'/g)].map(([, name]) => name);
  expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([
    '@roomkey/resource-server',
    '@roomkey/resource-server/fastify',
    '@roomkey/token-client',
    'fastify',
  ]);
});

test(
  'the code and the commands of that page do what it says: the room refuses, serves, and asks profile in the name of its guest',
  { timeout: 120_000 },
  async () => {
    await using scratch = await scratchFolder();
    await using system = await startSystem({
      dataDir: scratch.data,
      port: 0,
      replicas: 1,
      settings: deskThatKnowsMinibar,
    });
    const { origin, services } = system;
    const client = new Client(origin);
    const json = { name: 'ada', password: PASSWORD };
    expect((await client.request('POST', '/auth/accounts', { json })).status).toBe(201);
    const signedIn = await client.request('POST', '/auth/sessions', { json });
    const { access_token: card } = signedIn.json() as { access_token: string };
    await writeFile(join(scratch.data, 'card'), `Authorization: Bearer ${card}\n`);
    const profile = { handle: 'ada', displayName: 'Ada' };
    const headers = { 'if-none-match': '*' };
    expect((await client.request('PUT', '/profile/me', { card, json: profile, headers })).status).toBe(201);

    const folder = `${scratch.data}-page`;
    await mkdir(folder);
    await using minibar = await startOwnService(folder, origin, scratch.data);
    const seen: string[] = [];
    for (const [, command = '', words = ''] of page.matchAll(/^```sh try\n(.*?)^```\n(.*?)$/gms)) {
      const here = command.trimEnd().replaceAll('http://127.0.0.1:8090', minibar.origin);
      const { stdout } = await promisify(execFile)('sh', ['-ec', `${here} --silent`], { cwd: folder });
      // What the page shows of the answer: the status, and a line of it.
      for (const [, text = ''] of [...words.matchAll(/`([^`]+)`/g)].slice(0, 2)) {
        expect(stdout.toLowerCase()).toContain(text.toLowerCase());
        seen.push(text);
      }
    }
    expect(seen).toHaveLength(6);

    const [replica] = services.get('profile') ?? [];
    await expect
      .poll(async () => readFile(replica?.logFile ?? '', 'utf8'))
      .toMatch(/"client":"minibar","actors":\["minibar"\]/);
    const ended = await client.request('DELETE', '/auth/sessions/current', { card });
    expect(ended.status).toBe(204);
    await expect
      .poll(
        async () =>
          (await fetch(`${minibar.origin}/minibar/bill`, { headers: { authorization: `Bearer ${card}` } }))
            .status,
      )
      .toBe(401);

    // No erasure waits for a room that keeps nothing.
    const again = (await client.request('POST', '/auth/sessions', { json })).json() as {
      access_token: string;
    };
    const left = await client.request('DELETE', '/auth/accounts/current', {
      card: again.access_token,
      json: { password: PASSWORD },
    });
    const { id, receipt } = left.json() as { id: string; receipt: string };
    await expect
      .poll(async () => (await client.request('GET', `/auth/erasures/${id}`, { card: receipt })).json())
      .toMatchObject({ state: 'erased', services: { length: 4 } });
    await client.close();
  },
);
