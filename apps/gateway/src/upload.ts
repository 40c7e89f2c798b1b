import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a body is written to. */
interface Sink {
  write(chunk: Buffer | string): boolean;
  cork(): void;
  uncork(): void;
}

/**
 * A client's request body on its way to one replica: with the length it announced, or chunk by chunk. Until it is started
 * nobody has touched the body, and it can still go elsewhere; once stopped, the rest is read and thrown away, so that the
 * client can read the answer and use its connection again.
 */
export class Upload {
  isDone = false;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #expectsContinue: boolean;
  readonly #isChunked: boolean;
  #sink: Sink | undefined;

  /** @param isChunked whether the replica is told the end by chunks, not by a length before */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { isChunked, expectsContinue }: { readonly isChunked: boolean; readonly expectsContinue: boolean },
  ) {
    this.#request = request;
    this.#response = response;
    this.#isChunked = isChunked;
    this.#expectsContinue = expectsContinue;
  }

  start(sink: Sink): void {
    this.#sink = sink;
    // Only now is it sure that somebody takes the body (RFC 9110 §10.1.1).
    if (this.#expectsContinue) this.#response.writeContinue();
    this.#request.on('data', this.#onData);
    this.#request.on('end', this.#onEnd);
    this.#request.resume();
  }

  /** The sink takes more. */
  resume(): void {
    if (this.#sink !== undefined) this.#request.resume();
  }

  stop(): void {
    if (this.#sink === undefined) return;
    this.#sink = undefined;
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#sink !== undefined && !this.#write(this.#sink, chunk)) this.#request.pause();
  };

  #write(sink: Sink, chunk: Buffer): boolean {
    if (!this.#isChunked) return sink.write(chunk);
    sink.cork();
    sink.write(`${chunk.length.toString(16)}\r\n`);
    sink.write(chunk);
    const takesMore = sink.write('\r\n');
    sink.uncork();
    return takesMore;
  }

  readonly #onEnd = (): void => {
    this.isDone = true;
    if (this.#isChunked) this.#sink?.write('0\r\n\r\n');
  };
}
