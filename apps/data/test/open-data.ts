import { openDatabase } from '@roomkey/database';
import type { Service } from '@roomkey/service';
import { asUser, createTestDatabase, createTestIssuer, type Send, type TestIssuer } from '@roomkey/test-kit';
import { createTokenClient, generateClientKey } from '@roomkey/token-client';
import { buildApp } from '../src/app.ts';
import { authPart } from '../src/peers/auth-part.ts';
import { imagePart } from '../src/peers/image-part.ts';
import { profilePart } from '../src/peers/profile-part.ts';
import { openChangeStore } from '../src/store/changes.ts';
import { createDocumentStore } from '../src/store/documents.ts';
import type { DataSchema } from '../src/store/schema.ts';
import { createShareStore } from '../src/store/shares.ts';

const settings = { CORS_ORIGINS: '*', LOG_LEVEL: 'silent', SERVER_TIMING: false } as const;
const migrations = new URL('../migrations', import.meta.url);

/** What a guest may do here. */
const SCOPE = 'data:read data:write';

export interface Replica extends AsyncDisposable {
  readonly app: Service;
  /** Sends requests in the name of a user who may read and write. */
  readonly as: (subject: string) => Send;
  close(): Promise<void>;
}

/** Where the services are that this one calls. */
export interface Peers {
  readonly desk: string;
  readonly elsewhere: string;
}

/** Nobody listens there. */
const NOWHERE: Peers = { desk: 'http://127.0.0.1:1', elsewhere: 'http://127.0.0.1:1' };

interface ReplicaOptions {
  readonly documentsPerUser?: number;
  readonly changesPerCollection?: number;
  readonly peers?: Peers;
}

/** One replica of the service, on the database at `url`. */
export async function openReplica(
  url: string,
  desk: TestIssuer,
  { documentsPerUser = 1_000, changesPerCollection = 1_000, peers = NOWHERE }: ReplicaOptions = {},
): Promise<Replica> {
  const tokens = createTokenClient({
    issuer: desk.issuer,
    tokenUrl: `${peers.desk}/auth/token`,
    clientId: 'data',
    privateKey: generateClientKey(),
  });
  const peer = (name: string) => ({
    tokens,
    url: `${peers.elsewhere}/${name}`,
    resource: `http://test/${name}`,
    onFault: () => {},
  });
  const database = openDatabase<DataSchema>({ url, applicationName: 'data', onError: () => {} });
  const changes = openChangeStore(database.db, { url, onError: () => {} });
  const app = await buildApp({
    settings,
    verifier: desk.verifier,
    documents: createDocumentStore(database.db, { documentsPerUser, changesPerCollection }),
    shares: createShareStore(database.db),
    changes,
    elsewhere: {
      auth: authPart(peer('auth')),
      profile: profilePart(peer('profile')),
      image: imagePart(peer('image')),
    },
    readiness: { database: () => database.ping() },
  });
  app.addHook('onClose', async () => {
    await changes.close();
    await database.close();
  });
  const close = async (): Promise<void> => app.close();
  return {
    app,
    as: (sub) => asUser(app, desk, { sub, scope: SCOPE }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The service on a database of its own, and two users of it. */
export async function openData(options: ReplicaOptions = {}) {
  const database = await createTestDatabase({ migrations });
  const desk = createTestIssuer({ audience: 'http://test/data' });
  const replica = await openReplica(database.url, desk, options);
  return {
    app: replica.app,
    desk,
    url: database.url,
    openReplica: () => openReplica(database.url, desk, options),
    as: replica.as,
    mia: replica.as('mia'),
    ben: replica.as('ben'),
    async [Symbol.asyncDispose]() {
      await replica.close();
      await database[Symbol.asyncDispose]();
    },
  };
}
