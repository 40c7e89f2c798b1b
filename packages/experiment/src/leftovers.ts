/**
 * What an experiment has begun and not ended yet. An experiment that is interrupted is left where it stands, so its own
 * `finally` and `await using` may never come to their turn: whoever runs the command then ends these things.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Its input ends with who started it. Then it tries for a while: what still ends may still write. */
const REMOVE_WHEN_ALONE =
  'read -r _; i=0; while [ -e "$1" ] && [ $i -lt 30 ]; do rm -rf -- "$1"; sleep 0.5; i=$((i + 1)); done';

const INTERRUPTED = 'the command was interrupted';

const leftovers = new Set<() => Promise<void>>();
let isLeaving = false;

/** Something that has been started; ended when disposed, or by an interruption of the command. */
export interface Held<Thing> extends AsyncDisposable {
  readonly it: Thing;
}

/**
 * Starts something that has to be ended even when the command is interrupted.
 *
 * @param start is given a signal that gives up a start under way
 * @throws when the command has been interrupted: nothing is begun any more
 */
export async function hold<Thing extends AsyncDisposable>(
  start: (signal: AbortSignal) => Promise<Thing>,
): Promise<Held<Thing>> {
  requireStaying();
  const giveUp = new AbortController();
  const starting = start(giveUp.signal);
  const end = endOnce(async () => {
    giveUp.abort(new Error(INTERRUPTED));
    const thing = await starting.catch(() => undefined);
    await thing?.[Symbol.asyncDispose]();
  });
  try {
    return { it: await starting, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * A folder of the experiment's own, `roomkey-<name>-…` among the temporary ones, gone also when this process is killed. Others can
 * pass it, not look around: started by root, PostgreSQL runs as another user.
 */
export function temporaryFolder(name: string): AsyncDisposable & { readonly path: string } {
  requireStaying();
  const path = mkdtempSync(join(tmpdir(), `roomkey-${name}-`));
  const guard = guardFolder(path);
  const remove = endOnce(async () => {
    await rm(path, { recursive: true, force: true });
    guard.kill('SIGKILL');
  });
  chmodSync(path, 0o711);
  return { path, [Symbol.asyncDispose]: remove };
}

/** Out of reach of what kills this process and those it started: pnpm, killed itself, takes them along. */
function guardFolder(path: string): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', REMOVE_WHEN_ALONE, 'guard', path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it the folder is removed by this process alone.
  guard.on('error', () => undefined).unref();
  (guard.stdin as Socket).on('error', () => undefined).unref();
  return guard;
}

/** Ends everything that has not been ended, the last first; from now on nothing can be begun. */
export async function endLeftovers(): Promise<void> {
  isLeaving = true;
  for (const end of [...leftovers].toReversed()) await end().catch(() => undefined);
}

/** An experiment that was left where it stands would go on and start the next thing. */
function requireStaying(): void {
  if (isLeaving) throw new Error(INTERRUPTED);
}

function endOnce(end: () => Promise<void>): () => Promise<void> {
  let ended: Promise<void> | undefined;
  const once = (): Promise<void> => (ended ??= end().finally(() => leftovers.delete(once)));
  leftovers.add(once);
  return once;
}
