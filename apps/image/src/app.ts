import { isDatabaseUnavailable, type Database } from '@roomkey/database';
import type { Verifier } from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { createService, type Service } from '@roomkey/service';
import type { Settings } from './config.ts';
import { createDerivatives } from './domain/derivatives.ts';
import type { ImageProcessor } from './domain/image-processor.ts';
import { createImages } from './domain/images.ts';
import type { ObjectStore } from './domain/object-store.ts';
import { createSignedLinks } from './domain/signed-links.ts';
import { informationRoutes } from './routes/iiif-information.ts';
import { pictureRoutes } from './routes/iiif-pictures.ts';
import { imageRoutes } from './routes/images.ts';
import { linkRoutes } from './routes/links.ts';
import { originalRoutes } from './routes/originals.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { createPostgresImageCatalog } from './store/postgres-image-catalog.ts';
import { createPostgresLinkKeys } from './store/postgres-link-keys.ts';
import { isOutOfResources } from './store/resource-faults.ts';
import type { Tables } from './store/tables.ts';

/** What of the settings reaches beyond the opening of stores. */
export type AppSettings = Pick<
  Settings,
  | 'REPLICA'
  | 'LOG_LEVEL'
  | 'OTEL_EXPORTER_OTLP_ENDPOINT'
  | 'CORS_ORIGINS'
  | 'RESOURCE'
  | 'SERVER_TIMING'
  | 'MAX_UPLOAD_BYTES'
  | 'MAX_STORED_BYTES'
  | 'MAX_PIXELS'
  | 'MAX_DECODING_BYTES'
  | 'MAX_OUTPUT_SIDE'
  | 'MAX_OUTPUT_PIXELS'
  | 'RECENT_BYTES'
  | 'QUOTA_IMAGES'
  | 'QUOTA_BYTES'
>;

export interface AppDeps {
  readonly settings: AppSettings;
  readonly database: Database<Tables>;
  readonly objects: ObjectStore;
  readonly processor: ImageProcessor;
  readonly verifier: Verifier;
  /** Throws while tokens cannot be judged. */
  readonly requireFreshIssuer: () => void;
}

/** A phone on a slow line must get an upload through. */
const REQUEST_TIMEOUT_MS = 120_000;

/** The service, not yet listening; whoever gave it its stores closes them. */
export async function buildApp(deps: AppDeps): Promise<Service> {
  const { settings, database, objects, processor } = deps;
  const app = await createService({
    name: 'image',
    description: 'Images and what is derived from them.',
    replica: settings.REPLICA,
    logLevel: settings.LOG_LEVEL,
    tracesTo: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    corsOrigins: settings.CORS_ORIGINS,
    readiness: {
      database: () => database.ping(),
      'object store': () => objects.requireWritable(),
      'issuer view': deps.requireFreshIssuer,
    },
    isUnavailable: (error) => isDatabaseUnavailable(error) || isOutOfResources(error),
  });
  app.server.requestTimeout = REQUEST_TIMEOUT_MS;

  const images = createImages({
    catalog: createPostgresImageCatalog(database.db),
    objects,
    processor,
    maxUploadBytes: settings.MAX_UPLOAD_BYTES,
    limits: {
      maxPixels: settings.MAX_PIXELS,
      maxMemoryBytes: settings.MAX_DECODING_BYTES,
      maxStoredBytes: settings.MAX_STORED_BYTES,
    },
    quota: { maxImages: settings.QUOTA_IMAGES, maxBytes: settings.QUOTA_BYTES },
    onLeftover: (imageId, error) => app.log.error({ err: error, imageId }, 'bytes without an image are left'),
  });
  const outputLimits = { maxSide: settings.MAX_OUTPUT_SIDE, maxArea: settings.MAX_OUTPUT_PIXELS };
  const derivatives = createDerivatives({
    objects,
    processor,
    limits: outputLimits,
    maxRecentBytes: settings.RECENT_BYTES,
  });
  const links = createSignedLinks(createPostgresLinkKeys(database.db), Date.now);

  const prefix = '/image';
  const iiifUrl = `${settings.RESOURCE}/iiif`;
  await app.register(bearerAuth, { verifier: deps.verifier, serverTiming: settings.SERVER_TIMING });
  await app.register(uploadRoutes, { prefix, images, iiifUrl });
  await app.register(imageRoutes, { prefix, images, iiifUrl });
  await app.register(originalRoutes, { prefix, images });
  await app.register(linkRoutes, { prefix, images, derivatives, links, iiifUrl });
  await app.register(pictureRoutes, { prefix, images, derivatives, links, iiifUrl });
  await app.register(informationRoutes, { prefix, images, limits: outputLimits, iiifUrl });
  return app;
}
