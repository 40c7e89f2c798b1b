import { write, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';

export interface LogDestination {
  /** @param line with its line feed */
  write(line: string): void;
}

const BLOCK_BYTES = 32 * 1_024;
const FLUSH_MS = 500;
/** UTF-8 takes no more of a UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
/** What waits for a slow reader; beyond, lines are lost rather than the service. */
const MAX_WAITING_BLOCKS = 256;
const RETRY_MS = 50;
/** How long a process that ends waits for a reader that has fallen behind. */
const MAX_FAREWELL_MS = 2_000;

let opened: LogDestination | undefined;

/**
 * Standard output for lines, one for the whole process, in blocks: written when full, every half second, and at exit. A line is
 * encoded as it comes and is garbage at once; strings that wait for others cost more than making them.
 */
export function standardOutput(): LogDestination {
  opened ??= open(process.stdout.fd);
  return opened;
}

function open(fd: number): LogDestination {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  /** The first is being written, if anything is. */
  const waiting: Buffer[] = [];
  let isWriting = false;

  function pass(bytes: Buffer): void {
    if (waiting.length < MAX_WAITING_BLOCKS) waiting.push(bytes);
    if (!isWriting) writeNext();
  }

  function flush(): void {
    if (filled === 0) return;
    pass(block.subarray(0, filled));
    block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    filled = 0;
  }

  function writeNext(): void {
    const [bytes] = waiting;
    isWriting = bytes !== undefined;
    if (bytes === undefined) return;
    write(fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(writeNext, RETRY_MS);
        return;
      }
      // Nobody reads any more, or the disk is full: no reason to stop answering.
      if (error || written === bytes.length) waiting.shift();
      else waiting[0] = bytes.subarray(written);
      writeNext();
    });
  }

  setInterval(flush, FLUSH_MS).unref();
  process.on('exit', () => {
    // What is being written has been handed over.
    const rest = [...waiting.slice(isWriting ? 1 : 0), block.subarray(0, filled)];
    const until = performance.now() + MAX_FAREWELL_MS;
    try {
      for (const bytes of rest) writeWhole(fd, bytes, until);
    } catch {
      // Nobody is there to read it.
    }
  });
  return {
    write(line) {
      const mostBytes = line.length * MAX_BYTES_PER_UNIT;
      if (filled + mostBytes > BLOCK_BYTES) flush();
      if (mostBytes > BLOCK_BYTES) pass(Buffer.from(line));
      else filled += block.write(line, filled);
    },
  };
}

function writeWhole(fd: number, bytes: Buffer, until: number): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > until) throw error;
      // There is no event loop any more to come back from.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
