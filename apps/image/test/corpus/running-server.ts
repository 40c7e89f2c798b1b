import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, createTestIssuer, publishIssuer, settingsWithoutDesk } from '@roomkey/test-kit';

const SERVER = fileURLToPath(new URL('../../src/server.ts', import.meta.url));
const MIGRATIONS = new URL('../../migrations', import.meta.url);

/** The service as it is run: its own process, one worker process, and settings as they are unless said otherwise. */
export async function startServer() {
  const desk = createTestIssuer({ audience: 'http://test/image' });
  const published = await publishIssuer(desk);
  const database = await createTestDatabase({ migrations: MIGRATIONS });
  const folder = await mkdtemp(join(tmpdir(), 'roomkey-corpus-'));
  const child = spawn(execPath, [SERVER], {
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'warn',
      CORS_ORIGINS: '*',
      ISSUER: desk.issuer,
      RESOURCE: desk.audience,
      JWKS_URL: published.jwksUrl,
      STATUS_LISTS_URL: published.statusListsUrl,
      EVENTS_URL: published.eventsUrl,
      DATABASE_URL: database.url,
      ...settingsWithoutDesk('image'),
      OBJECTS_DIR: folder,
      IMAGE_WORKERS: '1',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ listening }] = (await once(child, 'message')) as [{ listening: string }];
  const authorization = `Bearer ${desk.token({ scope: 'image:read image:write', status: published.status(7) })}`;
  const processes = async () => [child.pid ?? 0, ...(await childrenOf(child.pid ?? 0))];

  return {
    folder,
    send: (method: string, path: string, body?: Buffer) =>
      fetch(`${listening}${path}`, {
        method,
        headers: { authorization, ...(body && { 'content-type': 'image/jpeg' }) },
        ...(body && { body: new Uint8Array(body) }),
      }),
    /** Bytes of memory that the service and its worker have now. */
    memory: async () => sum((await processes()).map((pid) => memoryOf(pid, 'VmRSS'))),
    /** Forgets what they have had at their peak until now. */
    resetPeak: async () => {
      for (const pid of await processes()) await writeFile(`/proc/${pid}/clear_refs`, '5');
    },
    /** The most that each of them has had since, together. */
    peak: async () => sum((await processes()).map((pid) => memoryOf(pid, 'VmHWM'))),
    /** Every stored file, scratch files among them. */
    files: async () =>
      (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await published[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

const sum = async (amounts: Promise<number>[]): Promise<number> =>
  (await Promise.all(amounts)).reduce((total, amount) => total + amount, 0);
