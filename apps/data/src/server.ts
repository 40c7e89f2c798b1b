import { openDatabase } from '@roomkey/database';
import { createVerifier, openIssuerView } from '@roomkey/resource-server';
import { issuerViewOptions, runService } from '@roomkey/service';
import { buildApp } from './app.ts';
import { readSettings } from './config.ts';
import { createDocumentStore } from './store/documents.ts';
import type { DataSchema } from './store/schema.ts';
import { createShareStore } from './store/shares.ts';

const settings = readSettings();

const database = openDatabase<DataSchema>({
  url: settings.DATABASE_URL,
  applicationName: 'data',
  onError: (error) => app.log.warn({ err: error }, 'a database connection was lost'),
});
const view = await openIssuerView(issuerViewOptions(settings));

const app = await buildApp({
  settings,
  verifier: createVerifier({ issuers: [{ view, audience: settings.RESOURCE }] }),
  documents: createDocumentStore(database.db, { documentsPerUser: settings.DOCUMENTS_PER_USER }),
  shares: createShareStore(database.db),
  readiness: { database: () => database.ping(), 'issuer view': () => view.requireFresh() },
});
app.addHook('onClose', async () => {
  view.close();
  await database.close();
});

await runService(app, settings);
