import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 10_000;
const POLL_MS = 20;

/**
 * Resolves when somebody listens at a port of 127.0.0.1.
 *
 * @throws naming the program when its process ends before, or takes too long
 */
export async function untilListening(port: number, program: string, process: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isListening(port))) {
    const end =
      process.signalCode ?? (process.exitCode === null ? undefined : `exit code ${process.exitCode}`);
    if (end !== undefined) throw new Error(`${program} did not start: it ended with ${end}`);
    if (Date.now() > deadline)
      throw new Error(`${program} did not start: it takes more than ${READY_WITHIN_MS} ms`);
    await pause(POLL_MS);
  }
}

/** Whether somebody listens at a port of 127.0.0.1. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
