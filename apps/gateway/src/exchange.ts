import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { chooseReplica, hasOtherReady, type Service } from './balancer.ts';
import type { ProblemAnswer, ProblemWriter } from './problem-answer.ts';
import type { Replica } from './replica.ts';
import { RequestBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';
import { announcedLength, responseHeaders } from './response-headers.ts';

/** An answer of known length up to this is sent when it is whole: until then another replica can still give it. */
const MAX_HELD_BYTES = 64 * 1024;

/** Reasons for which the gateway itself breaks a request to a replica off. */
const CLIENT_GONE = new Error('the client is gone');
const REPLICA_LEAVING = new Error('the replica is shutting down');
const UNFRAMED = new Error('the answer has no announced end');

const UNAVAILABLE: ProblemAnswer = {
  slug: 'unavailable',
  detail: 'No replica of this service is ready; try again in a moment.',
  headers: { 'retry-after': '1' },
};
const BROKEN: ProblemAnswer = {
  slug: 'bad-gateway',
  detail: 'The connection to the service broke; whether the request was carried out is not known.',
};
const TOO_LATE: ProblemAnswer = {
  slug: 'gateway-timeout',
  detail: 'The service did not answer in time; whether the request was carried out is not known.',
};
const UNSENDABLE: ProblemAnswer = {
  slug: 'bad-request',
  detail: 'A header of this request cannot be passed on.',
};

/** What all exchanges of a client connection share. */
export interface ExchangeContext {
  readonly problems: ProblemWriter;
  readonly isDraining: () => boolean;
  /** The exchanges open on the connection. */
  readonly open: Set<Exchange>;
  /** The answer to the latest request on the connection. */
  last: ServerResponse | undefined;
}

/**
 * One request through the gateway: it chooses a replica, sends, tries another one where that is safe, and hands the
 * answer on. It owns the rule of retries:
 * - nothing was written (the connection failed): any method may go elsewhere, for its body has not been touched;
 * - something was written and no byte of the answer went out: GET, HEAD and OPTIONS without a body may be repeated;
 * - else the client hears of it: 502 or 504 before the answer has begun, a broken connection after.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #service: Service;
  readonly #head: RequestHead;
  readonly #context: ExchangeContext;
  readonly #expectsContinue: boolean;
  readonly #isRepeatable: boolean;

  #tries = 0;
  #replica: Replica | undefined;
  /** Set once undici writes to a connection: from here on the replica may act on the request. */
  #controller: Dispatcher.DispatchController | undefined;
  #isClientGone = false;
  #hasDrainListener = false;

  #status = 0;
  #headers: string[] = [];
  /** Bytes of the answer still to come, while it is held back to be sent whole; -1 when it streams. */
  #heldBytesLeft = -1;
  #held: Buffer[] = [];

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    service: Service,
    head: RequestHead,
    context: ExchangeContext,
    expectsContinue: boolean,
  ) {
    this.#request = request;
    this.#response = response;
    this.#service = service;
    this.#head = head;
    this.#context = context;
    this.#expectsContinue = expectsContinue;
    const { method } = request;
    this.#isRepeatable = !head.hasBody && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
  }

  start(): void {
    this.#service.inFlight += 1;
    this.#context.open.add(this);
    this.#send(undefined);
  }

  /** The client's connection has closed: nobody waits for the answer. */
  clientGone(): void {
    this.#isClientGone = true;
    this.#controller?.abort(CLIENT_GONE);
  }

  #send(avoid: Replica | undefined): void {
    const replica = chooseReplica(this.#service, avoid);
    if (replica === undefined) {
      this.#refuse(UNAVAILABLE);
      return;
    }
    this.#tries += 1;
    this.#replica = replica;
    this.#controller = undefined;
    replica.inFlight += 1;
    replica.pool.dispatch(
      {
        path: this.#request.url ?? '',
        method: this.#request.method ?? '',
        headers: this.#head.headers,
        body: this.#head.hasBody
          ? new RequestBody(this.#request, this.#response, this.#expectsContinue)
          : null,
        // Keep the connection, also after HEAD: our replicas frame their answers.
        reset: false,
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isClientGone) controller.abort(CLIENT_GONE);
    else this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    if (status === 503 && headers.connection === 'close' && this.#canMoveOn()) {
      controller.abort(REPLICA_LEAVING);
      return;
    }
    const isEmpty = this.#request.method === 'HEAD' || status === 204 || status === 304;
    const length = isEmpty ? 0 : announcedLength(headers);
    if (length === -1 && headers['transfer-encoding'] === undefined) {
      // Ended by the connection's end, a whole answer and a cut one look the same.
      controller.abort(UNFRAMED);
      return;
    }
    this.#status = status;
    this.#headers = responseHeaders(headers, this.#head.requestId);
    if (this.#context.isDraining()) this.#headers.push('connection', 'close');
    if (length >= 0 && length <= MAX_HELD_BYTES) {
      this.#heldBytesLeft = length;
      return;
    }
    this.#response.writeHead(status, this.#headers);
    // A stream may say nothing for long; its client must know that it stands.
    if (length === -1) this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#heldBytesLeft >= 0) {
      this.#held.push(chunk);
      this.#heldBytesLeft -= chunk.length;
      return;
    }
    if (this.#response.write(chunk)) return;
    controller.pause();
    if (this.#hasDrainListener) return;
    this.#hasDrainListener = true;
    this.#response.on('drain', () => this.#controller?.resume());
  }

  onResponseEnd(): void {
    const response = this.#response;
    if (this.#heldBytesLeft >= 0) {
      response.writeHead(this.#status, this.#headers);
      response.end(this.#held.length > 1 ? Buffer.concat(this.#held) : this.#held[0]);
    } else {
      response.end();
    }
    const replica = this.#release();
    const kind = Math.trunc(this.#status / 100);
    replica.answers[kind] = (replica.answers[kind] ?? 0) + 1;
    this.#close();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    const wasWritten = this.#controller !== undefined;
    const replica = this.#release();
    if (this.#isClientGone) {
      this.#close();
      return;
    }
    if (this.#response.headersSent) {
      replica.markSuspect();
      // The client has part of the answer: only a broken connection tells that the rest is missing.
      this.#response.destroy();
      this.#close();
      return;
    }
    const code = 'code' in error ? error.code : undefined;
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
      this.#refuse(UNSENDABLE);
      return;
    }
    if (!wasWritten || error === REPLICA_LEAVING) replica.markDown();
    else replica.markSuspect();
    const isLate = code === 'UND_ERR_HEADERS_TIMEOUT';
    const maySucceedElsewhere = !wasWritten || (this.#isRepeatable && !isLate && error !== UNFRAMED);
    if (maySucceedElsewhere && this.#hasTriesLeft()) this.#retry(replica);
    else if (isLate) this.#refuse(TOO_LATE);
    else this.#refuse(wasWritten ? BROKEN : UNAVAILABLE);
  }

  #retry(failed: Replica): void {
    this.#service.retries += 1;
    this.#heldBytesLeft = -1;
    this.#held = [];
    // After undici has put its own house in order.
    setImmediate(() => {
      if (this.#isClientGone) this.#close();
      else this.#send(failed);
    });
  }

  /** Every replica once, and one more try: a single replica may have closed just an idle connection. */
  #hasTriesLeft(): boolean {
    return this.#tries <= this.#service.replicas.length;
  }

  #canMoveOn(): boolean {
    return (
      this.#isRepeatable &&
      this.#hasTriesLeft() &&
      this.#replica !== undefined &&
      hasOtherReady(this.#service, this.#replica)
    );
  }

  #release(): Replica {
    const replica = this.#replica;
    if (replica === undefined) throw new Error('an answer without a request');
    replica.inFlight -= 1;
    this.#controller = undefined;
    return replica;
  }

  #refuse(answer: ProblemAnswer): void {
    this.#context.problems.write(this.#request, this.#response, this.#head.requestId, answer);
    this.#close();
  }

  #close(): void {
    this.#service.inFlight -= 1;
    this.#context.open.delete(this);
  }
}
