import { execFile } from 'node:child_process';
import { pid } from 'node:process';
import { promisify } from 'node:util';
import { cpuMicrosecondsOfEndedChildren } from './children-cpu.ts';

const run = promisify(execFile);

export interface PgbenchOptions {
  readonly databaseUrl: string;
  /** Path of the script. */
  readonly script: string;
  readonly clients: number;
  readonly seconds: number;
  readonly variables: Readonly<Record<string, number>>;
}

export interface PgbenchFigures {
  readonly transactions: number;
  readonly perSecond: number;
  /** Processor time of pgbench itself. */
  readonly cpuMicroseconds: number;
}

/**
 * Transactions of PostgreSQL's own load generator, each statement prepared once a connection.
 *
 * @throws when pgbench is not there, or a transaction failed
 */
export async function pgbench(options: PgbenchOptions): Promise<PgbenchFigures> {
  const { databaseUrl, script, clients, seconds, variables } = options;
  const before = await cpuMicrosecondsOfEndedChildren(pid);
  const { stdout } = await run('pgbench', [
    '--no-vacuum',
    '--protocol=prepared',
    `--file=${script}`,
    `--client=${clients}`,
    '--jobs=2',
    `--time=${seconds}`,
    ...Object.entries(variables).map(([name, value]) => `--define=${name}=${value}`),
    databaseUrl,
  ]).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new Error(
          "pgbench is missing; Debian has it in postgresql-contrib: 'apt-get install postgresql-contrib'",
        )
      : cause;
  });
  const perSecond = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
  const transactions = /actually processed: (\d+)/.exec(stdout)?.[1];
  if (
    perSecond === undefined ||
    transactions === undefined ||
    !/number of failed transactions: 0 /.test(stdout)
  )
    throw new Error(`pgbench said: ${stdout.slice(0, 800)}`);
  // Nothing else ends meanwhile.
  const cpuMicroseconds = (await cpuMicrosecondsOfEndedChildren(pid)) - before;
  return { transactions: Number(transactions), perSecond: Number(perSecond), cpuMicroseconds };
}
