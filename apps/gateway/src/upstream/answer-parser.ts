import { Framing, readAnswerHead, type AnswerHead } from './answer-head.ts';

/** Told of one answer as it arrives. */
export interface AnswerSink {
  onHead(head: AnswerHead): void;
  /** @param chunk a view of what was read; what is needed after the call has to be copied */
  onData(chunk: Buffer): void;
}

const State = { head: 0, body: 1, chunkSize: 2, chunk: 3, chunkEnd: 4, lastLine: 5, whole: 6 } as const;
type State = (typeof State)[keyof typeof State];

const HEAD_END = '\r\n\r\n';
const MAX_HEAD_BYTES = 64 * 1024;
/** No extensions: nobody here sends them, and they are where parsers differ (RFC 9112 §7.1.1). */
const CHUNK_SIZE = /^[\da-fA-F]{1,8}$/;
const MAX_SIZE_LINE_BYTES = 10;
const EMPTY = Buffer.alloc(0);

/**
 * Takes the bytes of one HTTP/1.1 answer apart. Strict: what is not exactly right makes it `'malformed'`, and then nothing
 * of the connection can be trusted.
 */
export class AnswerParser {
  readonly #sink: AnswerSink;
  readonly #isHeadRequest: boolean;
  #state: State = State.head;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  /** The begin of a line or head whose end has not come. */
  #begun = EMPTY;
  #isStopped = false;

  constructor(sink: AnswerSink, isHeadRequest: boolean) {
    this.#sink = sink;
    this.#isHeadRequest = isHeadRequest;
  }

  get hasHead(): boolean {
    return this.#state !== State.head;
  }

  /** The sink wants no more: nothing is told from here on, not even out of bytes that are just being taken apart. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @returns `'more'` to come, or the answer is `'whole'`, or whole with bytes after it that are nobody's, or no answer */
  feed(bytes: Buffer): 'more' | 'whole' | 'excess' | 'malformed' {
    const all = this.#begun.length > 0 ? Buffer.concat([this.#begun, bytes]) : bytes;
    this.#begun = EMPTY;
    let at = 0;
    while (!this.#isStopped && this.#state !== State.whole) {
      const next = this.#step(all, at);
      if (next === 'malformed') return next;
      if (next === 'more') {
        if (at < all.length) this.#begun = Buffer.from(all.subarray(at));
        return next;
      }
      at = next;
    }
    return at < all.length ? 'excess' : 'whole';
  }

  /** Takes what can be taken whole from `at` on; gives where it ended, or `'more'` when the next piece is not all there. */
  #step(all: Buffer, at: number): number | 'more' | 'malformed' {
    switch (this.#state) {
      case State.head:
        return this.#takeHead(all, at);
      case State.body:
      case State.chunk:
        return at === all.length ? 'more' : this.#takeData(all, at);
      case State.chunkSize:
        return this.#takeChunkSize(all, at);
      case State.chunkEnd:
        return this.#takeLineEnd(all, at, State.chunkSize);
      // A trailer section would stand here; it has to be empty.
      case State.lastLine:
        return this.#takeLineEnd(all, at, State.whole);
      case State.whole:
        break;
    }
    return at;
  }

  #takeHead(all: Buffer, at: number): number | 'more' | 'malformed' {
    const end = all.indexOf(HEAD_END, at, 'latin1');
    if (end === -1) return all.length - at > MAX_HEAD_BYTES ? 'malformed' : 'more';
    const head = readAnswerHead(all.toString('latin1', at, end));
    // Nobody asked for another protocol.
    if (head === undefined || head.status === 101) return 'malformed';
    if (head.status >= 200 && !this.#begin(head)) return 'malformed';
    return end + HEAD_END.length;
  }

  /** @returns whether the end of the body can be told: were it the connection's, a whole and a cut answer would look the same */
  #begin(head: AnswerHead): boolean {
    const { status, framing, length } = head;
    // RFC 9112 §6.3: these have no body, whatever their headers say of one.
    const isEmpty = this.#isHeadRequest || status === 204 || status === 304;
    if (isEmpty || (framing === Framing.length && length === 0)) this.#state = State.whole;
    else if (framing === Framing.chunked) this.#state = State.chunkSize;
    else if (framing === Framing.length) this.#state = State.body;
    else return false;
    this.#left = length;
    this.#sink.onHead(head);
    return true;
  }

  #takeData(all: Buffer, at: number): number {
    const end = Math.min(all.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#state = this.#state === State.chunk ? State.chunkEnd : State.whole;
    this.#sink.onData(at === 0 && end === all.length ? all : all.subarray(at, end));
    return end;
  }

  #takeChunkSize(all: Buffer, at: number): number | 'more' | 'malformed' {
    const end = all.indexOf('\r\n', at, 'latin1');
    if (end === -1) return all.length - at > MAX_SIZE_LINE_BYTES ? 'malformed' : 'more';
    const size = all.toString('latin1', at, end);
    if (!CHUNK_SIZE.test(size)) return 'malformed';
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? State.lastLine : State.chunk;
    return end + 2;
  }

  #takeLineEnd(all: Buffer, at: number, next: State): number | 'more' | 'malformed' {
    if (all.length > at && all[at] !== 0x0d) return 'malformed';
    if (all.length > at + 1 && all[at + 1] !== 0x0a) return 'malformed';
    if (all.length < at + 2) return 'more';
    this.#state = next;
    return at + 2;
  }
}
