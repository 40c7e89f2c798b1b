import { openDatabase } from '@roomkey/database';
import { createVerifier, openIssuerView } from '@roomkey/resource-server';
import { issuerViewOptions, runService } from '@roomkey/service';
import { buildApp } from './app.ts';
import { readSettings } from './config.ts';
import { createWorkerPool } from './imaging/worker-pool.ts';
import { openFileObjectStore } from './store/file-object-store.ts';
import type { Tables } from './store/tables.ts';

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

const app = await buildApp({
  settings,
  database,
  objects: await openFileObjectStore(settings.OBJECTS_DIR),
  processor,
  verifier: createVerifier({ issuers: [{ view, audience: settings.RESOURCE }] }),
  requireFreshIssuer: () => view.requireFresh(),
});
app.addHook('onClose', async () => {
  view.close();
  processor.close();
  await database.close();
});

await runService(app, settings);
