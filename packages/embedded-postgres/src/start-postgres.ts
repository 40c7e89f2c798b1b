import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { installBinaries } from './binaries.ts';
import { openCluster } from './cluster.ts';
import { closeSystemDatabases, createDatabase } from './database.ts';
import { requireNoServer } from './postmaster-file.ts';
import { launchServer, type ServerProcess } from './server-process.ts';
import { requireReachable, serverUser } from './server-user.ts';

export interface PostgresOptions {
  /** Folder for data, password, log and server files; made when missing. A second start finds the data in it. */
  readonly dataDir: string;
  /** Folder for the copied server files (60 MB), to share them between data folders. Default: `dataDir`. */
  readonly binariesDir?: string;
  /** Default: a free one, another at each start. */
  readonly port?: number;
  /** `false` gives up crash safety for speed: for tests. Default: `true`. */
  readonly durable?: boolean;
  /** Default: 100. */
  readonly maxConnections?: number;
  /** Gives up a start that is under way: it throws the signal's reason, and nothing is left running. */
  readonly signal?: AbortSignal;
}

/** A running server. It keeps the calling process alive, as any server does, until it is stopped. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Full rights to everything; for administration and tests, not for a service. */
  readonly superuserUrl: string;
  /** Resolves when the server is gone, asked to or not. */
  readonly exited: Promise<void>;
  /**
   * Makes the database and its role unless they exist, and returns the role's URL, the same for the same port at every
   * call. The role owns this database alone; nobody else but the superuser can connect to it.
   *
   * @param name letters, digits and `_`, lower case
   * @param role default: `name`
   */
  createDatabase(name: string, role?: string): Promise<string>;
  /** `fast` (default) ends open sessions; otherwise waits up to 10 s for them. Resolves when the process is gone. */
  stop(options?: { fast?: boolean }): Promise<void>;
}

const HOST = '127.0.0.1';
const ATTEMPTS = 25;
const RETRY_MS = 200;

const UNSAFE_BUT_FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a PostgreSQL server on the loopback interface, as a child process that ends with this one.
 *
 * @throws Error when the platform has no binaries, when a server already runs on the folder, when the server's user
 * cannot reach the folder, or, with the last lines of the log, when the server does not start
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await makeReachable(options.dataDir);
  const binaries = await installBinaries(await makeReachable(options.binariesDir ?? dataDir));
  const { durable = true, maxConnections = 100, signal } = options;
  const user = serverUser();
  const { dataDirectory, superuserPassword } = await openCluster({
    parent: dataDir,
    binaries,
    user,
    durable,
    signal,
  });
  await requireNoServer(dataDirectory);

  const logFile = join(dataDir, 'postgres.log');
  const launch = (port: number): Promise<ServerProcess> =>
    launchServer({
      binaries,
      dataDirectory,
      user,
      logFile,
      signal,
      parameters: {
        listen_addresses: HOST,
        port,
        unix_socket_directories: '',
        max_connections: maxConnections,
        timezone: 'UTC',
        log_timezone: 'UTC',
        // A statement may carry a password in its text.
        log_min_error_statement: 'panic',
        ...(durable ? {} : UNSAFE_BUT_FAST),
      },
    });
  await writeFile(logFile, '', { mode: 0o600 });
  const { port, server } = await launchWithPatience(options.port, launch);

  const superuserUrl = `postgres://postgres:${superuserPassword}@${HOST}:${port}/postgres`;
  try {
    await closeSystemDatabases(superuserUrl);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    ...server,
    host: HOST,
    port,
    superuserUrl,
    createDatabase: (name, role) =>
      createDatabase(superuserUrl, { name, ...(role === undefined ? {} : { role }) }),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function makeReachable(directory: string): Promise<string> {
  const path = resolve(directory);
  await mkdir(path, { recursive: true });
  await requireReachable(path);
  return path;
}

/** Tries again what passes by itself: the last sessions of a killed server, and a free port that was taken meanwhile. */
async function launchWithPatience(
  wanted: number | undefined,
  launch: (port: number) => Promise<ServerProcess>,
): Promise<{ port: number; server: ServerProcess }> {
  const passing =
    wanted === undefined ? /pre-existing shared memory|Address already in use/ : /pre-existing shared memory/;
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort());
    try {
      return { port, server: await launch(port) };
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof Error) || !passing.test(error.message)) throw error;
      await wait(RETRY_MS);
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, HOST, done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
