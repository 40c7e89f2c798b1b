/** A thread that hashes passwords, one after the other, when nobody else wants the processor. */
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { HashingTask } from './hashing-threads.ts';

// Linux alone gives threads a priority of their own. Elsewhere hashing is as important as the rest.
try {
  setPriority(Number(basename(readlinkSync('/proc/thread-self'))), constants.priority.PRIORITY_LOW);
} catch {}

parentPort?.on('message', (task: HashingTask) => {
  const result =
    task.kind === 'hash' ? hashSync(task.password, task.cost) : verifySync(task.stored, task.password);
  parentPort?.postMessage(result, []);
});
