import { openDatabase } from '@roomkey/database';
import type { Service } from '@roomkey/service';
import { createTestDatabase, createTestIssuer, type TestIssuer } from '@roomkey/test-kit';
import { buildApp } from '../src/app.ts';
import { createDocumentStore, type DataSchema } from '../src/document-store.ts';

const settings = { CORS_ORIGINS: '*', LOG_LEVEL: 'silent', SERVER_TIMING: false } as const;
const migrations = new URL('../migrations', import.meta.url);

export interface Replica extends AsyncDisposable {
  readonly app: Service;
  close(): Promise<void>;
}

/** One replica of the service, on the database at `url`. */
export async function openReplica(url: string, desk: TestIssuer, documentsPerUser = 1_000): Promise<Replica> {
  const database = openDatabase<DataSchema>({ url, applicationName: 'data', onError: () => {} });
  const app = await buildApp({
    settings,
    verifier: desk.verifier,
    documents: createDocumentStore(database.db, { documentsPerUser }),
    readiness: { database: () => database.ping() },
  });
  app.addHook('onClose', () => database.close());
  const close = async (): Promise<void> => app.close();
  return { app, close, [Symbol.asyncDispose]: close };
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test expects is said by its assertions
  readonly json: any;
}

export interface SendOptions {
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON; a text or bytes as they are. */
  readonly body?: unknown;
}

export type Send = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  options?: SendOptions,
) => Promise<Reply>;

/** Requests to a replica in the name of one user. */
export function asUser(app: Service, desk: TestIssuer, claims: Readonly<Record<string, unknown>>): Send {
  const authorization = `Bearer ${desk.token({ scope: 'data:read data:write', ...claims })}`;
  return async (method, url, { headers = {}, body } = {}) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const response = await app.inject({
      method,
      url,
      headers: { authorization, ...(body !== undefined && { 'content-type': type }), ...headers },
      ...(body !== undefined && {
        payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    });
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      json: isJson ? response.json() : undefined,
    };
  };
}

/** The service on a database of its own, and two users of it. */
export async function openData(options: { documentsPerUser?: number } = {}) {
  const database = await createTestDatabase({ migrations });
  const desk = createTestIssuer({ audience: 'http://test/data' });
  const replica = await openReplica(database.url, desk, options.documentsPerUser);
  return {
    app: replica.app,
    desk,
    url: database.url,
    mia: asUser(replica.app, desk, { sub: 'mia' }),
    ben: asUser(replica.app, desk, { sub: 'ben' }),
    async [Symbol.asyncDispose]() {
      await replica.close();
      await database[Symbol.asyncDispose]();
    },
  };
}
