import { Pool, type Dispatcher } from 'undici';

export interface Answer {
  readonly status: number;
  readonly servedBy: string | undefined;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

export interface Call {
  readonly method?: Dispatcher.HttpMethod;
  readonly card?: string;
  /** More headers, such as the cookie of a rival. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Names and values; a name may come again. */
  readonly form?: Readonly<Record<string, string>> | string[][];
}

/** Talks to one origin: the gateway as everybody does, or a replica that an experiment asks by itself. Repeats nothing. */
export class Client implements AsyncDisposable {
  readonly #pool: Pool;

  constructor(origin: string, connections = 16) {
    this.#pool = new Pool(origin, { connections, headersTimeout: 15_000, bodyTimeout: 15_000 });
  }

  async call(path: string, { method = 'GET', card, headers: more, json, form }: Call = {}): Promise<Answer> {
    const { statusCode, headers, body } = await this.#pool.request({
      method,
      path,
      headers: {
        ...more,
        ...(card !== undefined && { authorization: `Bearer ${card}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: bodyOf(json, form),
    });
    const header = (name: string): string | undefined => headers[name]?.toString();
    return {
      status: statusCode,
      servedBy: header('x-served-by'),
      body: await body.text(),
      retryAfter: header('retry-after'),
    };
  }

  /** The body of an answer of that status. @throws naming what was seen otherwise */
  async expect<Body>(status: number, path: string, call: Call = {}): Promise<Body> {
    const answer = await this.call(path, call);
    if (answer.status !== status) {
      throw new Error(
        `${call.method ?? 'GET'} ${path}: ${answer.status} instead of ${status}: ${answer.body.slice(0, 300)}`,
      );
    }
    return (answer.body === '' ? undefined : JSON.parse(answer.body)) as Body;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.destroy();
  }
}

function bodyOf(json: Call['json'], form: Call['form']): string | null {
  if (json !== undefined) return JSON.stringify(json);
  return form === undefined ? null : new URLSearchParams(form).toString();
}
