import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@roomkey/database';
import type { Service } from '@roomkey/service';
import { createTestDatabase, createTestIssuer, type TestIssuer } from '@roomkey/test-kit';
import { buildApp, type AppDeps, type AppSettings } from '../src/app.ts';
import type { ObjectStore } from '../src/domain/object-store.ts';
import { createWorkerPool, type WorkerPoolOptions } from '../src/imaging/worker-pool.ts';
import { openFileObjectStore } from '../src/store/file-object-store.ts';
import type { Tables } from '../src/store/tables.ts';

export const RESOURCE = 'http://test/image';
type WorkerSettings = Pick<WorkerPoolOptions, 'workers' | 'maxWaiting'>;
type TestSettings = Partial<AppSettings & WorkerSettings>;
const migrations = new URL('../migrations', import.meta.url);

const SETTINGS: AppSettings & WorkerSettings = {
  LOG_LEVEL: 'silent',
  CORS_ORIGINS: '*',
  RESOURCE,
  SERVER_TIMING: false,
  MAX_UPLOAD_BYTES: 4 * 1024 * 1024,
  MAX_STORED_BYTES: 16 * 1024 * 1024,
  MAX_PIXELS: 50_000_000,
  MAX_DECODING_BYTES: 150 * 1024 * 1024,
  MAX_OUTPUT_SIDE: 4_096,
  MAX_OUTPUT_PIXELS: 8_500_000,
  // What is asked of the store shall be seen there.
  RECENT_BYTES: 0,
  QUOTA_IMAGES: 1_000,
  QUOTA_BYTES: 1024 ** 3,
  workers: 2,
  maxWaiting: 64,
};

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The body where it says that it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test expects of it is said by its assertions
  readonly json: any;
}

/** Somebody with a token. */
export interface Guest {
  send(method: Method, url: string, headers?: Record<string, string>, body?: Buffer): Promise<Answer>;
  /** Uploads with a Content-Type that says nothing. */
  upload(body: Buffer, headers?: Record<string, string>): Promise<Answer>;
  /** Uploads what must be taken. @returns its metadata */
  keep(body: Buffer): Promise<{ id: string; width: number; height: number; format: string; bytes: number }>;
  /** A picture of an image, at its canonical address: `picture(id, 'full/max/0/default.jpg')`. */
  picture(id: string, request: string, headers?: Record<string, string>): Promise<Answer>;
}

export interface Replica extends AsyncDisposable {
  readonly app: Service;
  guest(claims?: Record<string, unknown>): Guest;
  /** Somebody without a token. */
  readonly stranger: Guest;
}

export interface ReplicaOptions {
  readonly databaseUrl: string;
  readonly objects: ObjectStore;
  readonly desk: TestIssuer;
  readonly settings?: TestSettings;
  readonly processor?: AppDeps['processor'];
}

/** One replica of the service on stores that others may share. */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const { desk, objects } = options;
  const settings = { ...SETTINGS, ...options.settings };
  const database = openDatabase<Tables>({
    url: options.databaseUrl,
    applicationName: 'image',
    onError: () => {},
  });
  const pool = createWorkerPool({
    workers: settings.workers,
    maxWaiting: settings.maxWaiting,
    timeoutMs: 20_000,
    onLoss: () => {},
  });
  const app = await buildApp({
    settings,
    database,
    objects,
    processor: options.processor ?? pool,
    verifier: desk.verifier,
    requireFreshIssuer: () => {},
  });
  app.addHook('onClose', async () => {
    pool.close();
    await database.close();
  });
  return {
    app,
    stranger: guestOf(app, undefined),
    guest: (claims = {}) => guestOf(app, desk.token({ scope: 'image:read image:write', ...claims })),
    [Symbol.asyncDispose]: async () => {
      await app.close();
    },
  };
}

function guestOf(app: Service, token: string | undefined): Guest {
  const send: Guest['send'] = async (method, url, headers = {}, body) => {
    const answer = await app.inject({
      method,
      url,
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
      ...(body && { payload: body }),
    });
    const isJson = String(answer.headers['content-type']).includes('json') && method !== 'HEAD';
    return {
      status: answer.statusCode,
      headers: answer.headers,
      bytes: answer.rawPayload,
      json: isJson ? JSON.parse(answer.body) : undefined,
    };
  };
  const upload: Guest['upload'] = (body, headers = { 'content-type': 'application/octet-stream' }) =>
    send('POST', '/image/images', headers, body);
  return {
    send,
    upload,
    keep: async (body) => {
      const { status, json } = await upload(body);
      if (status !== 201) throw new Error(`not taken: ${status} ${JSON.stringify(json)}`);
      return json;
    },
    picture: async (id, request, headers) => {
      const answer = await send('GET', `/image/iiif/${id}/${request}`, headers);
      return answer.status === 303 ? send('GET', String(answer.headers['location']), headers) : answer;
    },
  };
}

/** A service with stores of its own, and one guest. */
export async function openImage(settings: TestSettings = {}, processor?: AppDeps['processor']) {
  const desk = createTestIssuer({ audience: RESOURCE });
  const database = await createTestDatabase({ migrations });
  const folder = await mkdtemp(join(tmpdir(), 'roomkey-image-'));
  const objects = await openFileObjectStore(folder);
  const open = (more: Partial<ReplicaOptions> = {}) =>
    openReplica({
      databaseUrl: database.url,
      objects,
      desk,
      settings,
      ...(processor && { processor }),
      ...more,
    });
  const replica = await open();
  return {
    ...replica,
    desk,
    folder,
    objects,
    databaseUrl: database.url,
    mia: replica.guest({ sub: 'mia' }),
    ben: replica.guest({ sub: 'ben' }),
    /** Another replica on the same stores. */
    openAnother: open,
    /** Every file below the folder of objects, `scratch` among them. */
    files: () => filesBelow(folder),
    async [Symbol.asyncDispose]() {
      await replica[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
