import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choosePort } from '@roomkey/embedded-system';
import { openObjectStore } from '../../src/store/open-object-store.ts';

const SERVER = fileURLToPath(new URL('./s3-server.ts', import.meta.url));
const BUCKET = 'roomkey-images';

/** A running S3 server with an empty bucket, and stores on it. */
export async function openS3() {
  const folder = await mkdtemp(join(tmpdir(), 'roomkey-s3-'));
  // None that the system gives to others while the server is down.
  const port = await choosePort();
  let child = await start(join(folder, 'server'), port);
  const settings = {
    S3_URL: `http://127.0.0.1:${port}`,
    S3_REGION: 'eu-central-1',
    S3_BUCKET: BUCKET,
    S3_ACCESS_KEY_ID: 'S3RVER',
    S3_SECRET_ACCESS_KEY: 'S3RVER',
    SCRATCH_DIR: join(folder, 'scratch'),
  };
  return {
    settings,
    openStore: (changes: Partial<typeof settings> = {}) => openObjectStore({ ...settings, ...changes }),
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** Starts the server again, on the same port and objects, after it was killed. */
    restart: async () => {
      child = await start(join(folder, 'server'), port);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function start(directory: string, port: number): Promise<ChildProcess> {
  const child = fork(SERVER, [directory, BUCKET, String(port)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the S3 server ended before it listened, with code ${String(code)}`);
  });
  await Promise.race([once(child, 'message'), ended]);
  return child;
}
