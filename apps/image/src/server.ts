import { openDatabase } from '@roomkey/database';
import { receiveEvents } from '@roomkey/event-receiver';
import { createVerifier, openIssuerView, timeVerifications } from '@roomkey/resource-server';
import { eventReceiverOptions, issuerViewOptions, runService, tokenClientOptions } from '@roomkey/service';
import { createTokenClient } from '@roomkey/token-client';
import { buildApp } from './app.ts';
import { readSettings } from './config.ts';
import { createEraser } from './domain/eraser.ts';
import { createWorkerPool } from './imaging/worker-pool.ts';
import { openObjectStore } from './store/open-object-store.ts';
import { createPostgresErasedRows } from './store/postgres-erased-rows.ts';
import { createPostgresImageCatalog } from './store/postgres-image-catalog.ts';
import { takeSweepTurn } from './store/sweep-turns.ts';
import type { Tables } from './store/tables.ts';
import { startSweeping } from './sweeping.ts';

const PROCESSING_TIMEOUT_MS = 5_000;

const settings = readSettings();

const database = openDatabase<Tables>({
  url: settings.DATABASE_URL,
  applicationName: 'image',
  onError: (error) => app.log.warn({ err: error }, 'a database connection was lost'),
});
const view = await openIssuerView(issuerViewOptions(settings));
const processor = createWorkerPool({
  workers: settings.IMAGE_WORKERS,
  maxWaiting: settings.IMAGE_QUEUE,
  timeoutMs: PROCESSING_TIMEOUT_MS,
  onLoss: (how) => app.log.warn({ how }, 'an image worker did not finish its job'),
});

const objects = await openObjectStore(settings);
const app = await buildApp({
  settings,
  database,
  objects,
  processor,
  verifier: timeVerifications(createVerifier({ issuers: [{ view, audience: settings.RESOURCE }] })),
  requireFreshIssuer: () => view.requireFresh(),
});
const sweeping = startSweeping({
  objects,
  catalog: createPostgresImageCatalog(database.db),
  maxDerivedBytes: settings.DERIVED_BYTES,
  periodSeconds: settings.SWEEP_SECONDS,
  takeTurn: (periodSeconds) => takeSweepTurn(database.db, periodSeconds),
  log: app.log,
});
const receiver = receiveEvents({
  ...eventReceiverOptions(settings),
  tokens: createTokenClient(tokenClientOptions(settings)),
  view,
  erase: createEraser(createPostgresErasedRows(database.db), objects),
  log: app.log,
});
app.addHook('onClose', async () => {
  await receiver.close();
  sweeping.stop();
  view.close();
  processor.close();
  await database.close();
});

await runService(app, settings);
