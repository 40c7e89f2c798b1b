import { createHash } from 'node:crypto';
import { Readable, type PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** What was packed. */
export interface PackedFile {
  readonly path: string;
  /** Before it was compressed. */
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/**
 * A ZIP archive that is written while it is read, and no faster. Its directory comes last: an archive that is cut anywhere before
 * is none.
 */
export class Archive {
  readonly stream: Readable;
  readonly #zip = new ZipFile();
  readonly #closed: AbortSignal;

  constructor() {
    const stream = this.#zip.outputStream as PassThrough;
    const closed = new AbortController();
    stream.once('close', () => closed.abort());
    // What is thrown into it is told to whoever reads it.
    stream.on('error', () => undefined);
    this.#zip.on('error', (error: Error) => stream.destroy(error));
    this.stream = stream;
    this.#closed = closed.signal;
  }

  /**
   * Packs a file and resolves once all of it was read.
   *
   * @throws what reading it throws, and when nobody reads the archive any more
   */
  async add(path: string, content: AsyncIterable<Uint8Array>, compress: boolean): Promise<PackedFile> {
    const digest = createHash('sha256');
    let bytes = 0;
    async function* counted() {
      for await (const chunk of content) {
        digest.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    }
    const source = Readable.from(counted(), { objectMode: false });
    this.#zip.addReadStream(source, path, { compress });
    try {
      await finished(source, { signal: this.#closed });
    } finally {
      source.destroy();
    }
    return { path, bytes, sha256: digest.digest('hex') };
  }

  /** Writes the directory: the archive is whole. */
  end(): void {
    this.#zip.end();
  }

  /** Breaks it off: its reader is told. */
  fail(error: Error): void {
    this.stream.destroy(error);
  }
}
