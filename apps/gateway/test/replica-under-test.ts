import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { choosePort } from '@roomkey/embedded-system';
import { listeningOf } from './gateway-under-test.ts';

const PROGRAM = fileURLToPath(new URL('./replica-process.ts', import.meta.url));

/** A replica as a process of its own, which can be ended and started again where it was. */
export interface ReplicaUnderTest extends AsyncDisposable {
  readonly origin: string;
  /** Resolves when the process is gone. */
  readonly stop: (signal: NodeJS.Signals) => Promise<void>;
  /** Starts it again at the same port. @throws when it ends before it listens */
  readonly restart: () => Promise<void>;
}

/** Its port is none that the system gives to others: while the replica is down, another test could be given it, and keep it. */
export async function startReplica(drainMs = 0): Promise<ReplicaUnderTest> {
  const port = await choosePort();
  let child = await startProcess(port, drainMs);
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    stop,
    restart: async () => {
      child = await startProcess(port, drainMs);
    },
    [Symbol.asyncDispose]: () => stop('SIGKILL'),
  };
}

async function startProcess(port: number, drainMs: number): Promise<ChildProcess> {
  const env = { PORT: String(port), DRAIN_MS: String(drainMs) };
  const child = fork(PROGRAM, { env, execArgv: [], stdio: 'inherit' });
  await listeningOf(child);
  return child;
}
