import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { choosePort, hold, temporaryFolder, untilListening } from '@roomkey/experiment';

/** A Redis of the caller's own, in memory alone. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Of redis-server itself: an experiment may stop or kill it. */
  readonly pid: number;
}

const HOST = '127.0.0.1';
/** The shell ends the server when the starter is gone, however it went: its input ends then. */
const WATCHED = '"$@" </dev/null >/dev/null & echo $!; read -r _; kill $! 2>/dev/null; wait $!';

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
  const stop = async (): Promise<void> => {
    shell.stdin.end();
    if (shell.exitCode === null) await once(shell, 'exit');
  };
  try {
    const [pid] = (await once(createInterface(shell.stdout), 'line')) as [string];
    await untilListening(port, 'redis-server', shell);
    return { port, url: `redis://${HOST}:${port}`, pid: Number(pid), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
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
