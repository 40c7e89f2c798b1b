import { writeSync } from 'node:fs';
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

/** Bytes on their way out. */
interface Piece {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
}

let opened: LogDestination | undefined;

/**
 * Standard output for lines, one for the whole process, in blocks: written when full, every half second, and at exit. A line is
 * encoded as it comes and is garbage at once; strings that wait for others cost more than making them. A block that is written is
 * filled again: new ones would have V8 collect all of its garbage over and over, for memory that it cannot see into.
 *
 * Written at once rather than by a thread, so that what has been taken is known at every moment, that of the exit too.
 */
export function standardOutput(): LogDestination {
  // To ask for it makes a pipe such that a full one is said to be full instead of being waited for.
  opened ??= open(process.stdout.fd);
  return opened;
}

function open(fd: number): LogDestination {
  let block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  const waiting: Piece[] = [];
  let retry: NodeJS.Timeout | undefined;

  function flush(): void {
    if (filled === 0) return;
    if (!pass({ bytes: block, at: 0, end: filled })) block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    filled = 0;
  }

  /** @returns whether its bytes are needed no more */
  function pass(piece: Piece): boolean {
    if (waiting.length < MAX_WAITING_BLOCKS) waiting.push(piece);
    if (retry === undefined) writeWaiting();
    return waiting.length === 0;
  }

  function writeWaiting(): void {
    retry = undefined;
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      if (!isOver(first, fd)) {
        retry = setTimeout(writeWaiting, RETRY_MS);
        return;
      }
      waiting.shift();
    }
  }

  setInterval(flush, FLUSH_MS).unref();
  process.on('exit', () => {
    const until = performance.now() + MAX_FAREWELL_MS;
    for (const piece of [...waiting, { bytes: block, at: 0, end: filled }]) {
      while (!isOver(piece, fd)) {
        if (performance.now() > until) return;
        pause();
      }
    }
  });
  return {
    write(line) {
      const mostBytes = line.length * MAX_BYTES_PER_UNIT;
      if (filled + mostBytes > BLOCK_BYTES) flush();
      if (mostBytes <= BLOCK_BYTES) {
        filled += block.write(line, filled);
        return;
      }
      const bytes = Buffer.from(line);
      pass({ bytes, at: 0, end: bytes.length });
    },
  };
}

/** Writes what is taken of it now. @returns whether nothing of it is left to be written, or nobody is left to read it */
function isOver(piece: Piece, fd: number): boolean {
  try {
    while (piece.at < piece.end) piece.at += writeSync(fd, piece.bytes, piece.at, piece.end - piece.at);
    return true;
  } catch (error) {
    // Nobody reads any more, or the disk is full: no reason to stop answering.
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
  }
}

/** There is no event loop any more to come back from. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
}
