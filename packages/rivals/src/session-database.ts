import { readFile } from 'node:fs/promises';
import { startPostgres } from '@roomkey/embedded-postgres';
import { cpuMicroseconds, hold, temporaryFolder } from '@roomkey/experiment';

export interface SessionDatabase extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Of the server's first process: an experiment may stop or kill it. */
  readonly pid: number;
  /** Processor time of the connections that are open now, in microseconds. */
  cpuMicroseconds(): Promise<number>;
}

/** A PostgreSQL for sessions, with the settings of every day: it writes through to the disk. */
export async function startSessionDatabase(): Promise<SessionDatabase> {
  await using leftovers = new AsyncDisposableStack();
  const { path: dataDir } = leftovers.use(temporaryFolder('rivals'));
  const { it: postgres } = leftovers.use(
    await hold((signal) => startPostgres({ dataDir, maxConnections: 300, signal })),
  );
  const { port, pid } = postgres;
  const url = await postgres.createDatabase('sessions');
  const all = leftovers.move();
  return {
    url,
    port,
    pid,
    cpuMicroseconds: () => cpuOfChildren(pid),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function cpuOfChildren(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const all = await Promise.all(
    children
      .trim()
      .split(' ')
      .map((child) => cpuMicroseconds(Number(child))),
  );
  return all.reduce((sum, one) => sum + one, 0);
}
