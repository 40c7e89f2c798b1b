import { constants } from 'node:os';
import process from 'node:process';
import { watchStarter } from './starter-watch.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The person at the terminal, or what stands in for them, wants the command to end. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }

  /** As a shell names an end by this signal. */
  get exitCode(): number {
    return 128 + constants.signals[this.signal];
  }
}

/**
 * For a command: listens for Ctrl-C, `kill`, a closed terminal, a closed pipe and the end of who started this process. Only the
 * first counts: pnpm hands on the Ctrl-C that the terminal has sent already. From then on the process ends by its own doing alone.
 *
 * @param onInterrupted told of the first; the closed pipe and the end of the starter are told as SIGHUP
 * @returns aborted by the first, an `Interruption`
 */
export function watchForInterruption(onInterrupted: (interruption: Interruption) => void): AbortSignal {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) return;
    const interruption = new Interruption(signal);
    controller.abort(interruption);
    onInterrupted(interruption);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  // Nobody reads any more (EPIPE, EIO).
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interrupt('SIGHUP'));
  watchStarter(process.env, () => interrupt('SIGHUP'));
  return controller.signal;
}
