import process, { stderr } from 'node:process';
import { Interruption, watchForInterruption } from '@roomkey/embedded-system';
import { endLeftovers } from './leftovers.ts';

/** A system ends within 5 seconds. Whatever hangs then is left to itself: children end when their channel to this process does. */
const LEAVE_WITHIN_MS = 10_000;

/**
 * Runs to the end, or until the command is interrupted; what was begun is ended then.
 *
 * @param run has to begin nothing new once the signal is aborted
 * @returns what it returns, or the exit code of the interruption
 */
export async function untilInterrupted(run: (interrupted: AbortSignal) => Promise<number>): Promise<number> {
  const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<Interruption>();
  const signal = watchForInterruption(interrupt);
  const end = await Promise.race([run(signal), interrupted]);
  if (!(end instanceof Interruption)) return end;
  setTimeout(() => process.exit(end.exitCode), LEAVE_WITHIN_MS).unref();
  // What loses the system under its feet complains, and nobody is there to hear it.
  for (const complaint of ['unhandledRejection', 'uncaughtException'] as const)
    process.on(complaint, () => undefined);
  stderr.write(`Stopping (${end.signal}) …\n`);
  await endLeftovers();
  return end.exitCode;
}
