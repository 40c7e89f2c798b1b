import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Upload } from '../upload.ts';
import type { AnswerHead } from './answer-head.ts';
import { AnswerParser, type AnswerSink } from './answer-parser.ts';

/** Why there is no whole answer although the request, or some of it, was written. */
export type Failure = 'broken' | 'late' | 'malformed';

/** Told of what becomes of one request. After `onEnd` or `onFailure` nothing more. */
export interface AnswerHandler extends AnswerSink {
  /** What has come of the answer is kept back until it is whole: it has to become so in time. */
  readonly isHeld: boolean;
  onEnd(): void;
  onFailure(failure: Failure): void;
}

/** Told by a connection when it is free again, or gone. */
export interface ConnectionOwner {
  onIdle(connection: Connection): void;
  onClosed(connection: Connection): void;
}

/** One connection to a replica: one request at a time, the next when the answer is whole. */
export class Connection {
  /** When it was last used or, with a request on it, last written to: `performance.now()`. */
  usedAtMs = 0;
  /** How long the replica keeps it idle, if it says so. */
  keepAliveSeconds: number | undefined;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #handler: AnswerHandler | undefined;
  #parser: AnswerParser | undefined;
  #upload: Upload | undefined;
  #isLast = false;

  /** @param socket connected; whoever opened it passes what it reads to `receive` */
  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on('drain', () => this.#upload?.resume());
    // With or without an error before, with or without a request on it.
    socket.on('close', () => this.#end('broken'));
  }

  /** Whether a request can be written to it. */
  get isUsable(): boolean {
    return this.#socket.writable;
  }

  /** Whether the answer has not begun, as its client sees it. */
  get isWaiting(): boolean {
    return this.#parser?.hasHead === false || this.#handler?.isHeld === true;
  }

  /**
   * Writes a request. From here on the replica may act on it.
   *
   * @param head the whole head, as `writeRequestHead` makes it
   */
  send(head: string, isHeadRequest: boolean, upload: Upload | undefined, handler: AnswerHandler): void {
    this.#handler = handler;
    this.#parser = new AnswerParser(this, isHeadRequest);
    this.#upload = upload;
    this.usedAtMs = performance.now();
    this.#socket.write(head, 'latin1');
    upload?.start(this);
  }

  /** Part of a request's body. @returns false when the upload should pause until it is resumed */
  write(chunk: Buffer | string): boolean {
    this.usedAtMs = performance.now();
    return this.#socket.write(chunk, 'latin1');
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Breaks off whatever is going on, and tells nobody of it but the owner. */
  abort(): void {
    this.#handler = undefined;
    this.#parser?.stop();
    this.#upload?.stop();
    this.#socket.destroy();
  }

  /** Breaks the request off, because the answer did not begin, or was not whole where it has to be, in time. */
  expire(): void {
    this.#end('late');
  }

  /** What the socket read. @param bytes may be used until this returns */
  receive(bytes: Buffer): void {
    const parser = this.#parser;
    // A replica that speaks unasked cannot be trusted to answer the next request.
    if (parser === undefined) {
      this.#socket.destroy();
      return;
    }
    const progress = parser.feed(bytes);
    if (this.#handler === undefined || progress === 'more') return;
    if (progress === 'malformed') this.#end('malformed');
    else this.#finish(progress === 'whole');
  }

  onHead(head: AnswerHead): void {
    this.#isLast = head.isLast;
    this.keepAliveSeconds = head.keepAliveSeconds;
    this.#handler?.onHead(head);
  }

  onData(chunk: Buffer): void {
    this.#handler?.onData(chunk);
  }

  #finish(isClean: boolean): void {
    const handler = this.#handler;
    const isUploaded = this.#upload?.isDone ?? true;
    this.#upload?.stop();
    this.#handler = undefined;
    this.#parser = undefined;
    this.#upload = undefined;
    if (isClean && isUploaded && !this.#isLast) {
      this.usedAtMs = performance.now();
      this.#socket.resume();
      this.#owner.onIdle(this);
    } else {
      this.#socket.destroy();
    }
    handler?.onEnd();
  }

  #end(failure: Failure): void {
    const handler = this.#handler;
    this.abort();
    this.#owner.onClosed(this);
    handler?.onFailure(failure);
  }
}
