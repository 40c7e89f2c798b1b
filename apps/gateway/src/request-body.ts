import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

const HIGH_WATER_BYTES = 64 * 1024;

/**
 * A client's request body on its way to one replica. It stands between the two because destroying an `IncomingMessage`
 * takes the client's connection with it, answer and all; and because a body nobody has read yet can still go elsewhere.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #expectsContinue: boolean;
  #isStarted = false;

  constructor(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    super({ highWaterMark: HIGH_WATER_BYTES });
    this.#request = request;
    this.#response = response;
    this.#expectsContinue = expectsContinue;
  }

  override _read(): void {
    if (!this.#isStarted) {
      this.#isStarted = true;
      // Only now is it sure that somebody takes the body (RFC 9110 §10.1.1).
      if (this.#expectsContinue) this.#response.writeContinue();
      this.#request.on('data', this.#onData);
      this.#request.on('end', this.#onEnd);
    }
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#isStarted) {
      this.#request.off('data', this.#onData);
      this.#request.off('end', this.#onEnd);
      // The rest is thrown away, so that the answer can be read and the connection used again.
      this.#request.resume();
    }
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#request.pause();
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };
}
