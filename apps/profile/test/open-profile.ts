import { openDatabase } from '@roomkey/database';
import type { Service } from '@roomkey/service';
import { asUser, createTestDatabase, createTestIssuer, type Send, type TestIssuer } from '@roomkey/test-kit';
import { createTokenClient, generateClientKey } from '@roomkey/token-client';
import { buildApp } from '../src/app.ts';
import { createImagePictures } from '../src/image-pictures.ts';
import { createProfileStore, type ProfileSchema } from '../src/profile-store.ts';

const settings = { CORS_ORIGINS: '*', LOG_LEVEL: 'silent', SERVER_TIMING: false } as const;
const migrations = new URL('../migrations', import.meta.url);

/** What a guest may do here. */
const SCOPE = 'profile:read profile:write';

export interface Replica extends AsyncDisposable {
  readonly app: Service;
  /** Sends requests in the name of a user who may read and write. */
  readonly as: (subject: string) => Send;
  close(): Promise<void>;
}

/** Where the services are that this one calls. */
export interface Peers {
  readonly desk: string;
  readonly image: string;
}

/** Nobody listens there. */
const NOWHERE: Peers = { desk: 'http://127.0.0.1:1', image: 'http://127.0.0.1:1' };

/** One replica of the service, on the database at `url`. */
export async function openReplica(url: string, desk: TestIssuer, peers = NOWHERE): Promise<Replica> {
  const tokens = createTokenClient({
    issuer: desk.issuer,
    tokenUrl: `${peers.desk}/auth/token`,
    clientId: 'profile',
    privateKey: generateClientKey(),
  });
  const database = openDatabase<ProfileSchema>({ url, applicationName: 'profile', onError: () => {} });
  const app = await buildApp({
    settings,
    verifier: desk.verifier,
    profiles: createProfileStore(database.db),
    pictures: createImagePictures({
      tokens,
      url: `${peers.image}/image`,
      resource: 'http://test/image',
      onFault: () => {},
    }),
    readiness: { database: () => database.ping() },
  });
  app.addHook('onClose', () => database.close());
  const close = async (): Promise<void> => app.close();
  return {
    app,
    as: (sub) => asUser(app, desk, { sub, scope: SCOPE }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The service on a database of its own, and two users of it. */
export async function openProfile(peers?: Peers) {
  const database = await createTestDatabase({ migrations });
  const desk = createTestIssuer({ audience: 'http://test/profile' });
  const replica = await openReplica(database.url, desk, peers);
  return {
    app: replica.app,
    desk,
    url: database.url,
    as: replica.as,
    mia: replica.as('mia'),
    ben: replica.as('ben'),
    async [Symbol.asyncDispose]() {
      await replica.close();
      await database[Symbol.asyncDispose]();
    },
  };
}
