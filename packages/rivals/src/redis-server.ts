import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { choosePort, hold, temporaryFolder, untilListening } from '@roomkey/experiment';

/** A Redis of the caller's own, in memory alone. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Of redis-server itself: an experiment may stop or kill it. */
  readonly pid: number;
}

const HOST = '127.0.0.1';
/**
 * The shell ends the server when the starter is gone, however it went: its input ends then. What a terminal sends to all of them
 * must not end the shell first: Redis takes no notice of a SIGHUP.
 */
const WATCHED =
  'trap "" INT TERM HUP; "$@" </dev/null >/dev/null & echo $!; read -r _; kill $! 2>/dev/null; wait $!';

/**
 * Starts Debian's redis-server on a free port. No snapshots and no log of writes: nothing but memory, as fast as it can be.
 *
 * @throws saying how to get it where it is not installed
 */
export async function startRedis(): Promise<RedisServer> {
  await requireRedis();
  await using leftovers = new AsyncDisposableStack();
  const { path: directory } = leftovers.use(temporaryFolder('redis'));
  const { it: server } = leftovers.use(await hold(() => launch(directory)));
  const all = leftovers.move();
  return { ...server, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function launch(directory: string): Promise<RedisServer> {
  const port = await choosePort();
  const options = {
    '--port': String(port),
    '--bind': HOST,
    '--save': '',
    '--appendonly': 'no',
    '--dir': directory,
  };
  const shell = spawn('/bin/sh', ['-c', WATCHED, 'sh', 'redis-server', ...Object.entries(options).flat()], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let pid: number | undefined;
  const stop = async (): Promise<void> => {
    shell.stdin.end();
    if (shell.exitCode === null && shell.signalCode === null) await once(shell, 'exit');
    if (shell.signalCode !== null) endUnwatched(pid);
  };
  try {
    pid = await announcedPid(shell.stdout);
    await untilListening(port, 'redis-server', shell);
    return { port, url: `redis://${HOST}:${port}`, pid, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function announcedPid(said: Readable): Promise<number> {
  const lines = createInterface(said);
  const silent = once(lines, 'close').then(() => {
    throw new Error('redis-server did not start');
  });
  const [line] = (await Promise.race([once(lines, 'line'), silent])) as [string];
  return Number(line);
}

/** Its shell was killed and could not end it. */
function endUnwatched(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended too.
  }
}

async function requireRedis(): Promise<void> {
  try {
    const child = spawn('redis-server', ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
  } catch {
    throw new Error('redis-server is not installed: apt-get install redis-server, or brew install redis');
  }
}
