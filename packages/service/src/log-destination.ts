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
 */
export function standardOutput(): LogDestination {
  opened ??= open(process.stdout.fd);
  return opened;
}

function open(fd: number): LogDestination {
  let block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  let spare: Buffer | undefined;
  const waiting: Piece[] = [];
  /** The first of them is in the system's hands. */
  let isWriting = false;
  /** It was not taken, and will be offered again. */
  let retry: NodeJS.Timeout | undefined;

  function pass(bytes: Buffer, end: number): void {
    if (waiting.length < MAX_WAITING_BLOCKS) waiting.push({ bytes, at: 0, end });
    if (!isWriting && retry === undefined) writeNext();
  }

  function flush(): void {
    if (filled === 0) return;
    pass(block, filled);
    block = spare ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    spare = undefined;
    filled = 0;
  }

  function writeNext(): void {
    const [piece] = waiting;
    retry = undefined;
    if (piece === undefined) return;
    const { bytes, at, end } = piece;
    isWriting = true;
    write(fd, bytes, at, end - at, (error, written) => {
      isWriting = false;
      if (error?.code === 'EAGAIN') {
        retry = setTimeout(writeNext, RETRY_MS);
        return;
      }
      piece.at += written;
      // Nobody reads any more, or the disk is full: no reason to stop answering.
      if (error || piece.at === end) {
        waiting.shift();
        if (bytes.length === BLOCK_BYTES) spare = bytes;
      }
      writeNext();
    });
  }

  setInterval(flush, FLUSH_MS).unref();
  process.on('exit', () => {
    // What is being written has been handed over.
    const rest = [...waiting.slice(isWriting ? 1 : 0), { bytes: block, at: 0, end: filled }];
    const until = performance.now() + MAX_FAREWELL_MS;
    try {
      for (const piece of rest) writeWhole(fd, piece, until);
    } catch {
      // Nobody is there to read it.
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
      pass(bytes, bytes.length);
    },
  };
}

function writeWhole(fd: number, piece: Piece, until: number): void {
  const { bytes, end } = piece;
  while (piece.at < end) {
    try {
      piece.at += writeSync(fd, bytes, piece.at, end - piece.at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > until) throw error;
      // There is no event loop any more to come back from.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
