import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkerMessage, WorkerRequest, WorkerResult } from './worker-messages.ts';

export type WorkerOutcome =
  | { readonly kind: 'result'; readonly result: WorkerResult }
  /** The process ended in the middle of the job, by a fault of a codec or by the kernel's hand. */
  | { readonly kind: 'crashed' }
  | { readonly kind: 'timed-out' };

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const START_TIMEOUT_MS = 20_000;

/** It is given no secret: whoever takes over a codec finds nothing here. */
const ENVIRONMENT = {
  // Warnings of libvips are refusals already.
  VIPS_WARNING: '1',
  // glibc would keep what a large picture took, and ever more of it; so large blocks go back when they are freed.
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '4194304',
  MALLOC_TRIM_THRESHOLD_: '16777216',
};

/** One worker process, started with its first job; after a crash or a timeout the next job starts another. */
export class WorkerProcess {
  #child: ChildProcess | undefined;

  /**
   * @param timeoutMs after this the process is killed, whatever it does
   * @throws faults of the worker that are not the image's: storage, programming, no process to be had
   */
  async run(request: WorkerRequest, timeoutMs: number): Promise<WorkerOutcome> {
    const child = (this.#child ??= await this.#start());
    const answer = await messageOf(child, timeoutMs, () => child.send(request, () => {}));
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

  async #start(): Promise<ChildProcess> {
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
    const first = await messageOf(child, START_TIMEOUT_MS, () => {});
    const how = typeof first === 'string' ? first : first.kind;
    if (how === 'ready') return child;
    child.kill('SIGKILL');
    throw Object.assign(new Error(`no image worker could be started: ${how}`), { code: 'EAGAIN' });
  }
}

/** The next message of a process, or why there will be none. */
async function messageOf(
  child: ChildProcess,
  timeoutMs: number,
  prompt: () => void,
): Promise<WorkerMessage | 'crashed' | 'timed-out'> {
  const next = Promise.withResolvers<WorkerMessage | 'crashed' | 'timed-out'>();
  const onMessage = (message: unknown): void => next.resolve(message as WorkerMessage);
  const onEnd = (): void => next.resolve('crashed');
  const timer = setTimeout(() => next.resolve('timed-out'), timeoutMs).unref();
  child.on('message', onMessage).on('exit', onEnd).on('error', onEnd);
  try {
    prompt();
    return await next.promise;
  } finally {
    clearTimeout(timer);
    child.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
  }
}

function faultOf(message: WorkerMessage): Error {
  if (message.kind !== 'fault') return new Error(`an image worker said "${message.kind}" out of turn`);
  return Object.assign(new Error(message.message), message.code !== undefined && { code: message.code });
}
