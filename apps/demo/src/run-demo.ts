import process, { stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { DemoOptions } from './options.ts';
import { deskThatKnowsMinibar } from './own-service.ts';
import { Screen, seconds } from './screen.ts';
import { stayUp } from './stay-up.ts';
import { Interruption, startSystem, watchForInterruption } from '@roomkey/embedded-system';
import type { Guest } from './tour/guests.ts';
import { lookAround } from './look-around.ts';
import type { VisitedSystem } from './tour/step.ts';
import { playTour, StepFailure } from './tour/tour.ts';

const DEFAULT_DATA_DIR = fileURLToPath(new URL('../../../.roomkey', import.meta.url));
/** Whatever hangs then is left to itself: children end when their channel to this process does. */
const LEAVE_WITHIN_MS = 4_800;

/** @returns the exit code: 0, 1 after a failure, 128 + the signal after an interruption of start or tour */
export async function runDemo(options: DemoOptions): Promise<number> {
  const screen = new Screen(stdout);
  const interrupted = watchForInterruption(({ signal, exitCode }) => {
    screen.line(`\nStopping (${signal}) …`);
    setTimeout(() => process.exit(exitCode), LEAVE_WITHIN_MS).unref();
  });
  try {
    const { against } = options;
    if (against !== undefined) return await visit(against, screen, interrupted);
    return await startAndShow(options, screen, interrupted);
  } catch (error) {
    if (error instanceof Interruption) return error.exitCode;
    stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function startAndShow(options: DemoOptions, screen: Screen, interrupted: AbortSignal): Promise<number> {
  const { port, replicas, fresh, once } = options;
  const dataDir = options.dataDir ?? DEFAULT_DATA_DIR;
  const startedAt = Date.now();
  screen.heading('Roomkey starts');
  await using system = await startSystem({
    dataDir,
    port,
    replicas,
    fresh,
    settings: deskThatKnowsMinibar,
    signal: interrupted,
    onEvent: (event) => {
      if (!interrupted.aborted) screen.event(event);
    },
  });
  screen.line(`  Ready after ${seconds(Date.now() - startedAt).trim()} at ${system.origin}`);

  const guest = await tour(system, screen, interrupted);
  const exitCode = guest === undefined ? 1 : 0;
  if (once) return exitCode;
  await using _card = await stayUp(system, screen, guest);
  await interruption(interrupted).catch(() => undefined);
  return exitCode;
}

async function visit(origin: string, screen: Screen, interrupted: AbortSignal): Promise<number> {
  const system = await lookAround(origin);
  const guest = await tour(system, screen, interrupted);
  return guest === undefined ? 1 : 0;
}

/** @returns the guest of the tour; undefined when a step failed */
async function tour(
  system: VisitedSystem,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<Guest | undefined> {
  try {
    return await Promise.race([playTour(system, screen), interruption(interrupted)]);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    screen.failure(error.message);
    return undefined;
  }
}

/** Rejects when the demo should end. */
function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason as Interruption), { once: true });
  });
}
