import { Pool, type Dispatcher } from 'undici';

export interface RequestOptions {
  /** Access token. */
  readonly card?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>;
  readonly bytes?: Uint8Array;
}

/** How long the service needed to verify the card (its Server-Timing), and whether it knew it already. */
export interface Verification {
  readonly ms: number;
  readonly known: boolean;
}

export class Answer {
  readonly request: string;
  readonly status: number;
  readonly body: Buffer;
  readonly #headers: Dispatcher.ResponseData['headers'];

  constructor(request: string, { statusCode, headers }: Dispatcher.ResponseData, body: Buffer) {
    this.request = request;
    this.status = statusCode;
    this.body = body;
    this.#headers = headers;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  }

  /** The replica that answered; undefined when the gateway did. */
  get servedBy(): string | undefined {
    return this.header('x-served-by');
  }

  get verification(): Verification | undefined {
    const timing = /\bverify;dur=([\d.]+)(?:;desc="(\w+)")?/.exec(this.header('server-timing') ?? '');
    return timing === null ? undefined : { ms: Number(timing[1]), known: timing[2] === 'known' };
  }

  /** The body as JSON; what is in it is for the caller to say. */
  json(): unknown {
    return JSON.parse(this.body.toString());
  }
}

const PATIENCE_MS = 15_000;

/** A visitor of the system: knows the gateway's address and nothing of what is behind it. Repeats nothing. */
export class Client {
  readonly #pool: Pool;

  constructor(origin: string) {
    this.#pool = new Pool(origin, { connections: 32, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  }

  async request(method: Dispatcher.HttpMethod, path: string, options: RequestOptions = {}): Promise<Answer> {
    const { type, body } = contentOf(options);
    const response = await this.#pool.request({
      method,
      path,
      headers: {
        ...(type && { 'content-type': type }),
        ...(options.card !== undefined && { authorization: `Bearer ${options.card}` }),
        ...options.headers,
      },
      body,
    });
    return new Answer(`${method} ${path}`, response, Buffer.from(await response.body.arrayBuffer()));
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

function contentOf({ json, form, bytes }: RequestOptions): { type?: string; body: string | Buffer | null } {
  if (json !== undefined) return { type: 'application/json', body: JSON.stringify(json) };
  if (form !== undefined)
    return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams(form).toString() };
  return { body: bytes === undefined ? null : Buffer.from(bytes) };
}
