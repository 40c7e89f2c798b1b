import { setTimeout as delay } from 'node:timers/promises';
import { listen, openDatabase } from '@roomkey/database';
import type { Service } from '@roomkey/service';
import { buildApp } from './app.ts';
import { openClientKeys } from './client-key-sets.ts';
import { rotationPolicy, type Settings } from './config.ts';
import { createEventDelivery } from './domain/event-delivery.ts';
import { openKeyRing } from './domain/key-ring.ts';
import { createKeySealing } from './domain/key-sealing.ts';
import { createPasswordHashing } from './domain/password-hashing.ts';
import { createSigningKeys, overviewOf, type SigningKeyStore } from './domain/signing-keys.ts';
import type { Schema } from './store/schema.ts';
import { openStatusLists } from './open-status-lists.ts';
import { OUTBOX_CHANNEL } from './store/outbox.ts';
import { SIGNING_KEYS_CHANNEL } from './store/signing-keys.ts';
import { STATUS_LISTS_CHANNEL } from './store/status-lists.ts';
import { createStores, type Stores } from './store/stores.ts';
import { createSigner } from './token-signer.ts';

export interface ReplicaOptions {
  readonly now?: () => Date;
  /** Puts something of a test's own between the app and its stores. */
  readonly wrapStores?: (stores: Stores) => Stores;
}

const DECLARE_RETRY_MS = 1_000;
const EXPIRY_MS = 60_000;

/**
 * Puts one replica of auth together on its database, which need not be there yet. Closing the app closes everything.
 * Replicas share the database and nothing else.
 */
export async function openReplica(settings: Settings, options: ReplicaOptions = {}): Promise<Service> {
  const { now = () => new Date(), wrapStores = (stores) => stores } = options;
  const warn = (error: unknown, what: string): void => opened.app?.log.warn({ err: error }, what);
  const opened: { app?: Service } = {};

  const database = openDatabase<Schema>({
    url: settings.DATABASE_URL,
    applicationName: 'auth',
    maxConnections: settings.DATABASE_CONNECTIONS,
    onError: (error) => warn(error, 'a database connection was lost'),
  });
  const stores = wrapStores(createStores(database.db));
  const sealing = createKeySealing(Buffer.from(settings.KEY_ENCRYPTION_KEY, 'base64'));
  const policy = rotationPolicy(settings);
  const signingKeysOn = (store: SigningKeyStore) => createSigningKeys(store, sealing, policy);
  const keyRing = await openKeyRing({
    store: stores.signingKeys,
    keys: signingKeysOn(stores.signingKeys),
    sealing,
    createSigner,
    policy,
    now,
    reloadMs: settings.KEY_RELOAD_MS,
    onError: (error) => warn(error, 'the signing keys could not be read'),
  });
  const status = await openStatusLists({ settings, store: stores.statusLists, signer: keyRing, now, warn });
  const delivery = createEventDelivery({
    outbox: stores.outbox,
    signer: keyRing,
    issuer: settings.ISSUER,
    redeliverySeconds: settings.EVENT_REDELIVERY_SECONDS,
    now,
  });
  const listener = listen({
    url: settings.DATABASE_URL,
    applicationName: 'auth notifications',
    channels: [SIGNING_KEYS_CHANNEL, STATUS_LISTS_CHANNEL, OUTBOX_CHANNEL],
    onNotification(channel, payload) {
      if (channel === SIGNING_KEYS_CHANNEL) void keysChanged();
      else if (channel === OUTBOX_CHANNEL) delivery.wake();
      else void status.changed(payload);
    },
    onConnected() {
      void keysChanged();
      void status.changed('');
      delivery.wake();
    },
    onError: (error) => warn(error, 'notifications of other replicas are not heard'),
  });
  async function keysChanged(): Promise<void> {
    await keyRing.reload();
    status.hints.send({ kind: 'keys' });
  }
  const clientKeys = openClientKeys();
  const passwords = await createPasswordHashing({
    memoryKib: settings.ARGON2_MEMORY_KIB,
    passes: settings.ARGON2_PASSES,
    maxConcurrent: settings.PASSWORD_CONCURRENCY,
    maxQueued: settings.PASSWORD_QUEUE,
  });

  const app = await buildApp({
    settings,
    stores,
    keyRing,
    signingKeysOn,
    keys: async () => overviewOf(await stores.signingKeys.all(), policy, now()),
    clientKeys,
    ...status,
    delivery,
    passwords,
    ping: () => database.ping(),
    now,
  });
  opened.app = app;
  const closing = new AbortController();
  await declareClients();
  void forgetExpired();
  app.addHook('onClose', async () => {
    closing.abort();
    keyRing.close();
    clientKeys.close();
    status.close();
    await listener.close();
    await database.close();
  });
  return app;

  /** Once at the start; in the background when the database is not there yet. */
  async function declareClients(): Promise<void> {
    try {
      await stores.clients.put(settings.clients, true, now());
    } catch (error) {
      if (closing.signal.aborted) return;
      warn(error, 'the clients of the settings are not stored yet');
      void delay(DECLARE_RETRY_MS, undefined, { signal: closing.signal, ref: false }).then(
        declareClients,
        () => {},
      );
    }
  }

  async function forgetExpired(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(EXPIRY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      if (!closing.signal.aborted)
        await stores.expiry
          .forgetExpired(now())
          .catch((error: unknown) => warn(error, 'what has expired is still stored'));
    }
  }
}
