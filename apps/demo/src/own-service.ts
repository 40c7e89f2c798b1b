/** The room that docs/your-own-service.md builds, taken from that page as it stands and run. */
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process, { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SystemOptions } from '@roomkey/embedded-system';

const PAGE = new URL('../../../docs/your-own-service.md', import.meta.url);
const PACKAGES = new URL('../node_modules/', import.meta.url);
const ADMIN = fileURLToPath(new URL('../../auth/src/admin.ts', import.meta.url));
/** Where the page puts its room, and what it calls the data folder. */
const ROOM = 'apps/minibar';
const DATA = '.roomkey';
const STARTS_WITHIN_MS = 30_000;
/** Whoever runs it may be killed: it leaves when the channel ends. */
const LEAVE_ALONE = 'data:text/javascript,process.once("disconnect",()=>process.exit())';

/** A room that runs beside the system, out of the gateway's sight. */
export interface OwnService extends AsyncDisposable {
  readonly origin: string;
  /** What it has logged so far, a line of JSON each. */
  readonly log: readonly string[];
}

/** Settings by which the desk of a system has heard of the page's room. */
export const deskThatKnowsMinibar: NonNullable<SystemOptions['settings']> = (service, origin, usual) => {
  if (service !== 'auth') return {};
  const rooms = JSON.parse(usual['RESOURCES'] ?? '{}') as Readonly<Record<string, unknown>>;
  const scopes = ['minibar:read', 'minibar:write'];
  const minibar = { identifier: `${origin}/minibar`, scopes, keeps: false };
  return { RESOURCES: JSON.stringify({ ...rooms, minibar }) };
};

/**
 * Does what the page says, without installing: its files, its client, its process.
 *
 * @param folder stands for the repository's root; empty
 * @param house origin of a system of this machine whose desk knows minibar
 * @param dataDir of that system
 */
export async function startOwnService(folder: string, house: string, dataDir: string): Promise<OwnService> {
  await followPage(folder, dataDir);
  const run = promisify(execFile);
  const settings = { ISSUER: house, PORT: '0', CLIENT_KEY_FILE: `${DATA}/minibar-key` };
  await run(execPath, [`${ROOM}/src/make-client.ts`], { cwd: folder, env: settings });
  const putClient = ['clients', 'put', `${DATA}/minibar-client.json`];
  await run(execPath, [`--env-file=${DATA}/auth.env`, ADMIN, ...putClient], { cwd: folder, env: {} });

  const child = spawn(execPath, [`--import=${LEAVE_ALONE}`, `${ROOM}/src/server.ts`], {
    cwd: folder,
    env: settings,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const leave = (): void => void child.kill('SIGKILL');
  process.once('exit', leave);
  const stop = async (): Promise<void> => {
    process.off('exit', leave);
    if (child.exitCode !== null || child.signalCode !== null) return;
    leave();
    await once(child, 'exit');
  };
  try {
    return { ...(await untilListening(child)), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The blocks of the page that name a file, by that name. */
async function followPage(folder: string, dataDir: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const files = new Map(
    [...page.matchAll(/^```\w+ (apps\/\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => [name, text]),
  );
  for (const [name, text] of files) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const { dependencies } = JSON.parse(files.get(`${ROOM}/package.json`) ?? '{}') as {
    dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, ROOM, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(fileURLToPath(new URL(name, PACKAGES)), link, 'dir');
  }
  await symlink(dataDir, join(folder, DATA), 'dir');
}

async function untilListening(
  child: ChildProcessByStdio<null, Readable, Readable>,
): Promise<Pick<OwnService, 'origin' | 'log'>> {
  const log: string[] = [];
  const listening = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => {
      log.push(line);
      const [, origin] = /listening at (http:\/\/127[\d.:]+)/.exec(line) ?? [];
      if (origin !== undefined) listening.resolve(origin);
    });
  const fail = (why: string) => (): void => listening.reject(new Error(`minibar ${why}:\n${log.join('\n')}`));
  child.once('close', fail('ended'));
  const patience = setTimeout(fail(`does not listen after ${STARTS_WITHIN_MS} ms`), STARTS_WITHIN_MS);
  try {
    return { origin: await listening.promise, log };
  } finally {
    clearTimeout(patience);
  }
}
