import { openDatabase } from '@roomkey/database';
import { receiveEvents } from '@roomkey/event-receiver';
import { createVerifier, openIssuerView, timeVerifications } from '@roomkey/resource-server';
import { eventReceiverOptions, issuerViewOptions, runService, tokenClientOptions } from '@roomkey/service';
import { createTokenClient } from '@roomkey/token-client';
import { buildApp } from './app.ts';
import { readSettings } from './config.ts';
import { authPart } from './peers/auth-part.ts';
import { imagePart } from './peers/image-part.ts';
import { profilePart } from './peers/profile-part.ts';
import { openChangeStore } from './store/changes.ts';
import { createDocumentStore } from './store/documents.ts';
import { createEraser } from './store/erasure.ts';
import type { DataSchema } from './store/schema.ts';
import { createShareStore } from './store/shares.ts';

const settings = readSettings();

const database = openDatabase<DataSchema>({
  url: settings.DATABASE_URL,
  applicationName: 'data',
  onError: (error) => app.log.warn({ err: error }, 'a database connection was lost'),
});
const view = await openIssuerView(issuerViewOptions(settings));

const changes = openChangeStore(database.db, {
  url: settings.DATABASE_URL,
  onError: (error) => app.log.warn({ err: error }, 'changes are not heard for the moment'),
});

const tokens = createTokenClient(tokenClientOptions(settings));
const peer = (url: string, resource: string) => ({
  tokens,
  url,
  resource,
  onFault: (cause: unknown, what: string) => app.log.warn({ err: cause }, what),
});

const app = await buildApp({
  settings,
  verifier: timeVerifications(createVerifier({ issuers: [{ view, audience: settings.RESOURCE }] })),
  documents: createDocumentStore(database.db, {
    documentsPerUser: settings.DOCUMENTS_PER_USER,
    changesPerCollection: settings.CHANGES_PER_COLLECTION,
  }),
  shares: createShareStore(database.db),
  changes,
  elsewhere: {
    auth: authPart(peer(settings.AUTH_URL, settings.AUTH_RESOURCE)),
    profile: profilePart(peer(settings.PROFILE_URL, settings.PROFILE_RESOURCE)),
    image: imagePart(peer(settings.IMAGE_URL, settings.IMAGE_RESOURCE)),
  },
  readiness: { database: () => database.ping(), 'issuer view': () => view.requireFresh() },
});
const receiver = receiveEvents({
  ...eventReceiverOptions(settings),
  tokens,
  view,
  erase: createEraser(database.db),
  log: app.log,
});
app.addHook('onClose', async () => {
  await receiver.close();
  view.close();
  await changes.close();
  await database.close();
});

await runService(app, settings);
