import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerMessage, WorkerRequest, WorkerResult } from './worker-messages.ts';

export type WorkerOutcome =
  | { readonly kind: 'result'; readonly result: WorkerResult }
  /** The process ended in the middle of the job, by a fault of a codec or by the kernel's hand. */
  | { readonly kind: 'crashed' }
  | { readonly kind: 'timed-out' }
  /** Nothing of the job was done: no process became ready, or the one that was did not take it. */
  | { readonly kind: 'not-begun' };

/** Why there is no answer: the process is lost. */
export type WorkerLoss = Exclude<WorkerOutcome['kind'], 'result'>;

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Twice this, and a job, are still within the time that the gateway waits. */
const START_TIMEOUT_MS = 10_000;

/** It is given no secret: whoever takes over a codec finds nothing here. */
const ENVIRONMENT = {
  // Warnings of libvips are refusals already.
  VIPS_WARNING: '1',
  // glibc would keep what a large picture took, and ever more of it; so large blocks go back when they are freed.
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '4194304',
  MALLOC_TRIM_THRESHOLD_: '16777216',
};

/** One worker process, started with its first job; after one was lost the next job starts another. */
export class WorkerProcess {
  #child: ChildProcess | undefined;

  /**
   * @param timeoutMs after this the process is killed, whatever it does: from the beginning of the job, and so long to begin it
   * @throws faults of the worker that are not the image's: storage, programming
   */
  async run(request: WorkerRequest, timeoutMs: number): Promise<WorkerOutcome> {
    const child = (this.#child ??= await this.#start());
    if (!child) return { kind: 'not-begun' };
    const answer = await answerOf(child, timeoutMs, () => child.send(request, () => {}));
    if (typeof answer === 'string') {
      this.stop();
      return { kind: answer };
    }
    if (answer.kind === 'result') return answer;
    throw faultOf(answer);
  }

  /** Ends the process at once; a job in it crashes. */
  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<ChildProcess | undefined> {
    const child = fork(WORKER, [], {
      env: ENVIRONMENT,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // Told to the job that waits; unheard, the event would end this process.
    child.on('error', () => {});
    // Killed while it rests, by the kernel or by hand: the next job starts another.
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    if (typeof (await answerOf(child, START_TIMEOUT_MS, () => {})) !== 'string') return child;
    child.kill('SIGKILL');
    return undefined;
  }
}

/** What a process says next of a job, or of itself; or why it says nothing. */
async function answerOf(
  child: ChildProcess,
  timeoutMs: number,
  prompt: () => void,
): Promise<WorkerMessage | WorkerLoss> {
  const answer = Promise.withResolvers<WorkerMessage | WorkerLoss>();
  let hasBegun = false;
  const onEnd = (): void => answer.resolve(hasBegun ? 'crashed' : 'not-begun');
  const timer = setTimeout(() => answer.resolve(hasBegun ? 'timed-out' : 'not-begun'), timeoutMs).unref();
  const onMessage = (message: unknown): void => {
    const said = message as WorkerMessage;
    if (said.kind !== 'begun') return answer.resolve(said);
    hasBegun = true;
    timer.refresh();
  };
  child.on('message', onMessage).on('exit', onEnd).on('error', onEnd);
  try {
    prompt();
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    child.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
  }
}

function faultOf(message: WorkerMessage): Error {
  if (message.kind !== 'fault') return new Error(`an image worker said "${message.kind}" out of turn`);
  return Object.assign(new Error(message.message), message.code !== undefined && { code: message.code });
}
