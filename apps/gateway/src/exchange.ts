import type { IncomingMessage, ServerResponse } from 'node:http';
import { chooseReplica, hasOtherReady, type Service } from './balancer.ts';
import { writeRequestHead } from './message-head.ts';
import type { ProblemAnswer, ProblemWriter } from './problem-answer.ts';
import type { Replica } from './replica.ts';
import type { RequestHead } from './request-head.ts';
import { Upload } from './upload.ts';
import { Framing, type AnswerHead } from './upstream/answer-head.ts';
import type { Waiter } from './upstream/connection-pool.ts';
import type { AnswerHandler, Connection, Failure } from './upstream/connection.ts';

/** An answer of known length up to this is sent when it is whole: until then another replica can still give it. */
const MAX_HELD_BYTES = 64 * 1024;

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
export class Exchange implements Waiter, AnswerHandler {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #service: Service;
  readonly #head: RequestHead;
  readonly #context: ExchangeContext;
  readonly #expectsContinue: boolean;
  readonly #isRepeatable: boolean;

  /** The head as it goes to a replica. */
  #wire: string | undefined;
  #tries = 0;
  #replica: Replica | undefined;
  /** Set once the request is written: from here on the replica may act on it. */
  #connection: Connection | undefined;
  #isClientGone = false;
  #hasDrainListener = false;

  #status = 0;
  #headers: string[] = [];
  /** The answer is held back, to be sent when it is whole. */
  isHeld = false;
  /** Its body, a character for each byte: together with the head it goes out as one piece. */
  #held = '';

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
    const { method = '', url = '' } = this.#request;
    this.#wire = writeRequestHead(method, url, this.#head.headers);
    if (this.#wire === undefined) this.#refuse(UNSENDABLE);
    else this.#send(undefined);
  }

  /** The client's connection has closed: nobody waits for the answer. */
  clientGone(): void {
    this.#isClientGone = true;
    if (this.#connection === undefined) return;
    this.#connection.abort();
    this.#release();
    this.#close();
  }

  #send(avoid: Replica | undefined): void {
    const replica = chooseReplica(this.#service, avoid);
    if (replica === undefined) {
      this.#refuse(UNAVAILABLE);
      return;
    }
    this.#tries += 1;
    this.#replica = replica;
    replica.inFlight += 1;
    replica.pool.acquire(this);
  }

  onConnection(connection: Connection): void {
    if (this.#isClientGone || this.#wire === undefined) {
      this.#release().pool.giveBack(connection);
      this.#close();
      return;
    }
    this.#connection = connection;
    const { hasBody, isChunked } = this.#head;
    const upload = hasBody
      ? new Upload(this.#request, this.#response, { isChunked, expectsContinue: this.#expectsContinue })
      : undefined;
    connection.send(this.#wire, this.#request.method === 'HEAD', upload, this);
  }

  onUnreachable(): void {
    const replica = this.#release();
    if (this.#isClientGone) {
      this.#close();
      return;
    }
    replica.markDown();
    if (this.#hasTriesLeft()) this.#retry(replica);
    else this.#refuse(UNAVAILABLE);
  }

  onHead({ status, headers, framing, length, isLast }: AnswerHead): void {
    if (status === 503 && isLast && this.#canMoveOn()) {
      this.#connection?.abort();
      const replica = this.#release();
      replica.markDown();
      this.#retry(replica);
      return;
    }
    this.#status = status;
    this.#headers = headers;
    headers.push('x-request-id', this.#head.requestId);
    if (this.#context.isDraining()) headers.push('connection', 'close');
    const isEmpty = this.#request.method === 'HEAD' || status === 204 || status === 304;
    if (isEmpty || (framing === Framing.length && length <= MAX_HELD_BYTES)) {
      this.isHeld = true;
      return;
    }
    this.#response.writeHead(status, headers);
    // A stream may say nothing for long; its client must know that it stands.
    if (framing === Framing.chunked) this.#response.flushHeaders();
  }

  onData(chunk: Buffer): void {
    if (this.isHeld) {
      this.#held += chunk.toString('latin1');
      return;
    }
    if (this.#response.write(Buffer.from(chunk))) return;
    this.#connection?.pause();
    if (this.#hasDrainListener) return;
    this.#hasDrainListener = true;
    this.#response.on('drain', () => this.#connection?.resume());
  }

  onEnd(): void {
    const response = this.#response;
    if (this.isHeld) {
      response.writeHead(this.#status, this.#headers);
      response.end(this.#held, 'latin1');
    } else {
      response.end();
    }
    const replica = this.#release();
    const kind = Math.trunc(this.#status / 100);
    replica.answers[kind] = (replica.answers[kind] ?? 0) + 1;
    this.#close();
  }

  onFailure(failure: Failure): void {
    const replica = this.#release();
    replica.markSuspect();
    if (this.#response.headersSent) {
      // The client has part of the answer: only a broken connection tells that the rest is missing.
      this.#response.destroy();
      this.#close();
    } else if (failure === 'broken' && this.#isRepeatable && this.#hasTriesLeft()) {
      this.#retry(replica);
    } else {
      this.#refuse(failure === 'late' ? TOO_LATE : BROKEN);
    }
  }

  #retry(failed: Replica): void {
    this.#service.retries += 1;
    this.isHeld = false;
    this.#held = '';
    // After everything else that the failure has to say, such as that another replica is gone too.
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
    this.#replica = undefined;
    this.#connection = undefined;
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
