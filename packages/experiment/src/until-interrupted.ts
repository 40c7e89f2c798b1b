import process, { stderr } from 'node:process';
import { inspect } from 'node:util';
import { watchForInterruption } from '@roomkey/embedded-system';
import { EXIT } from './exit-codes.ts';
import { endLeftovers } from './leftovers.ts';

/** A system ends within 5 seconds. Whatever hangs then is left to itself: children end when their channel to this process does. */
const LEAVE_WITHIN_MS = 10_000;

/**
 * Runs to the end, or until the command is interrupted or a fault comes up that nobody catches; what was begun is ended then.
 *
 * @param run has to begin nothing new once the signal is aborted
 * @param onFault told of a fault that nobody has caught, once it is on stderr; not of what an interruption brings about
 * @returns what it returns, the exit code of the interruption, or `EXIT.notCarriedOut` after a fault
 */
export async function untilInterrupted(
  run: (interrupted: AbortSignal) => Promise<number>,
  onFault: (fault: unknown) => void,
): Promise<number> {
  const over = new AbortController();
  const { promise: stopped, resolve: resolveStopped } = Promise.withResolvers<number>();
  const stop = (why: string, exitCode: number): void => {
    over.abort();
    stderr.write(`${why}\n`);
    setTimeout(() => process.exit(exitCode), LEAVE_WITHIN_MS).unref();
    resolveStopped(exitCode);
  };
  watchForInterruption(({ signal, exitCode }) => {
    if (!over.signal.aborted) stop(`Stopping (${signal}) …`, exitCode);
  });
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', (fault) => {
    // What loses the system under its feet complains, and nobody is there to hear it.
    if (over.signal.aborted) return;
    stop(inspect(fault), EXIT.notCarriedOut);
    onFault(fault);
  });
  const exitCode = await Promise.race([run(over.signal), stopped]);
  if (!over.signal.aborted) return exitCode;
  await endLeftovers();
  return stopped;
}
