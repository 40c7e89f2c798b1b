/**
 * A process that decodes and encodes, and does nothing else: it is given paths and gives back what it found. Its starter may
 * kill it at any time; it ends by itself when its starter is gone.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { derive } from './derive.ts';
import { normalise } from './normalise.ts';
import type { WorkerMessage, WorkerRequest } from './worker-messages.ts';

// When memory runs out, the kernel shall take this process and no other (security 134).
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not Linux, or not allowed here: then the kernel chooses by size.
}

// A terminal sends its signals to the whole group; requests in flight still need this process, so only its starter ends it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

process.on('message', (request: WorkerRequest) => {
  send({ kind: 'begun' });
  void answer(request).then(send);
});
send({ kind: 'ready' });

function send(message: WorkerMessage): void {
  process.send?.(message);
}

async function answer(request: WorkerRequest): Promise<WorkerMessage> {
  try {
    const result = request.task === 'normalise' ? await normalise(request.job) : await derive(request.job);
    return { kind: 'result', result };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { kind: 'fault', message, code };
  }
}
