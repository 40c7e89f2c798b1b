import { openDatabase } from '@roomkey/database';
import { receiveEvents } from '@roomkey/event-receiver';
import { createVerifier, openIssuerView, timeVerifications } from '@roomkey/resource-server';
import { eventReceiverOptions, issuerViewOptions, runService, tokenClientOptions } from '@roomkey/service';
import { createTokenClient } from '@roomkey/token-client';
import { buildApp } from './app.ts';
import { readSettings } from './config.ts';
import { createImagePictures } from './image-pictures.ts';
import { createEraser } from './profile-eraser.ts';
import { createProfileStore, type ProfileSchema } from './profile-store.ts';

const settings = readSettings();

const database = openDatabase<ProfileSchema>({
  url: settings.DATABASE_URL,
  applicationName: 'profile',
  onError: (error) => app.log.warn({ err: error }, 'a database connection was lost'),
});
const view = await openIssuerView(issuerViewOptions(settings));

const tokens = createTokenClient(tokenClientOptions(settings));

const app = await buildApp({
  settings,
  verifier: timeVerifications(createVerifier({ issuers: [{ view, audience: settings.RESOURCE }] })),
  profiles: createProfileStore(database.db),
  pictures: createImagePictures({
    tokens,
    url: settings.IMAGE_URL,
    resource: settings.IMAGE_RESOURCE,
    onFault: (cause, what) => app.log.warn({ err: cause }, what),
  }),
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
  await database.close();
});

await runService(app, settings);
