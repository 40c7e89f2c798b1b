import type {
  DeriveJob,
  DeriveResult,
  ImageProcessor,
  NormaliseJob,
  NormaliseResult,
} from '../domain/image-processor.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { WorkerRequest } from './worker-messages.ts';
import { WorkerProcess, type WorkerLoss, type WorkerOutcome } from './worker-process.ts';

export interface WorkerPoolOptions {
  /** Jobs at the same time, each in a process of its own. */
  readonly workers: number;
  readonly maxWaiting: number;
  /** A job that takes longer is killed, and so is a worker that does not begin its job in this time. */
  readonly timeoutMs: number;
  /** Told of a process that did not finish its job. */
  readonly onLoss: (how: WorkerLoss) => void;
}

export interface WorkerPool extends ImageProcessor {
  /** Ends all processes; jobs in them fail. */
  close(): void;
}

type BegunOutcome = Exclude<WorkerOutcome, { kind: 'not-begun' }>;

/** Workers that have had nothing to do for so long give their memory back. */
const IDLE_MS = 60_000;

/** Processes for untrusted bytes: a codec that crashes, hangs or eats memory takes its own job with it and no request else. */
export function createWorkerPool({ workers, maxWaiting, timeoutMs, onLoss }: WorkerPoolOptions): WorkerPool {
  const queue = new BoundedQueue({ maxRunning: workers, maxWaiting });
  const idle = Array.from({ length: workers }, () => new WorkerProcess());
  const all = [...idle];
  const resting = setTimeout(() => {
    for (const worker of idle) worker.stop();
  }, IDLE_MS).unref();

  /** @throws with a code that says "later" when no worker begins it */
  async function run(request: WorkerRequest): Promise<BegunOutcome | 'busy'> {
    return queue.run(async () => {
      // The most recently used first, so that the others can rest.
      const worker = idle.pop();
      if (!worker) throw new Error('the queue let in more jobs than there are workers');
      resting.refresh();
      try {
        for (let attempt = 0; attempt < 2; attempt += 1) {
          const outcome = await worker.run(request, timeoutMs);
          if (outcome.kind !== 'result') onLoss(outcome.kind);
          if (outcome.kind !== 'not-begun') return outcome;
        }
        throw Object.assign(new Error('two image workers did not begin a job'), { code: 'EAGAIN' });
      } finally {
        idle.push(worker);
      }
    });
  }

  /** Once may be bad luck, such as the kernel taking memory back; twice is the image. */
  async function runTwice(request: WorkerRequest): Promise<BegunOutcome | 'busy'> {
    const outcome = await run(request);
    return outcome !== 'busy' && outcome.kind === 'crashed' ? run(request) : outcome;
  }

  async function normalise(job: NormaliseJob): Promise<NormaliseResult | { kind: 'busy' }> {
    const outcome = await runTwice({ task: 'normalise', job });
    if (outcome === 'busy') return { kind: 'busy' };
    if (outcome.kind === 'result') return outcome.result as NormaliseResult;
    return { kind: 'refused', refusal: outcome.kind === 'timed-out' ? 'too-slow' : 'broken' };
  }

  async function derive(job: DeriveJob): Promise<DeriveResult | { kind: 'busy' }> {
    const outcome = await runTwice({ task: 'derive', job });
    // This image was read before: a job that did not end is this machine's trouble, and worth another try later.
    return outcome !== 'busy' && outcome.kind === 'result'
      ? (outcome.result as DeriveResult)
      : { kind: 'busy' };
  }

  return {
    normalise,
    derive,
    close: () => {
      clearTimeout(resting);
      for (const worker of all) worker.stop();
    },
  };
}
