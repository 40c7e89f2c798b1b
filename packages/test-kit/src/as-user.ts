import type { TestIssuer } from './test-issuer.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a test needs of a Fastify instance. */
interface InjectableApp {
  inject(request: {
    method: Method;
    url: string;
    headers: Record<string, string>;
    payload?: string | Buffer;
  }): Promise<{ statusCode: number; headers: Readonly<Record<string, unknown>>; body: string }>;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A text or bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The body where it says that it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test expects of it is said by its assertions
  readonly json: any;
}

export type Send = (method: Method, url: string, options?: SendOptions) => Promise<Reply>;

/** Sends requests to a service in the name of a user: with a token of these claims, and bodies as JSON (PATCH: merge patch). */
export function asUser(
  app: InjectableApp,
  desk: TestIssuer,
  claims: Readonly<Record<string, unknown>>,
): Send {
  const authorization = `Bearer ${desk.token(claims)}`;
  return async (method, url, { headers = {}, body } = {}) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const response = await app.inject({
      method,
      url,
      headers: { authorization, ...(body !== undefined && { 'content-type': type }), ...headers },
      ...(body !== undefined && { payload: payloadOf(body) }),
    });
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      json: isJson ? JSON.parse(response.body) : undefined,
    };
  };
}

function payloadOf(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}
