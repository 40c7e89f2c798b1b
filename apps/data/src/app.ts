import { isDatabaseUnavailable } from '@roomkey/database';
import { isSubjectErased } from '@roomkey/event-receiver';
import type { Verifier } from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { createService, Problem, type Service, type ServiceOptions } from '@roomkey/service';
import type { Settings } from './config.ts';
import type { Changes } from './domain/changes.ts';
import type { Documents } from './domain/documents.ts';
import type { Keeper } from './domain/export.ts';
import { JSON_LIMITS } from './domain/json-text.ts';
import { ownPart } from './domain/own-part.ts';
import type { Shares } from './domain/shares.ts';
import { changeRoutes } from './routes/change-routes.ts';
import { documentRoutes } from './routes/document-routes.ts';
import { exportRoutes } from './routes/export-routes.ts';
import { shareRoutes } from './routes/share-routes.ts';
import { sharedRoutes } from './routes/shared-routes.ts';

export interface AppDependencies {
  readonly settings: Pick<
    Settings,
    'CORS_ORIGINS' | 'LOG_LEVEL' | 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'REPLICA' | 'SERVER_TIMING'
  >;
  readonly verifier: Verifier;
  readonly documents: Documents;
  readonly shares: Shares;
  readonly changes: Changes;
  /** What else is kept of a user, and where. */
  readonly elsewhere: { readonly auth: Keeper; readonly profile: Keeper; readonly image: Keeper };
  readonly readiness: NonNullable<ServiceOptions['readiness']>;
}

const ERASED = new Problem('gone', 'Your account, or the one you name, is erased.');

/** The data service: everything it consists of, in the order in which a request meets it. */
export async function buildApp({
  settings,
  verifier,
  documents,
  shares,
  changes,
  elsewhere,
  readiness,
}: AppDependencies): Promise<Service> {
  const app = await createService({
    name: 'data',
    description:
      'JSON documents in collections, each of them its owner’s, who may share it; and the export of all that a user has.',
    replica: settings.REPLICA,
    logLevel: settings.LOG_LEVEL,
    tracesTo: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    corsOrigins: settings.CORS_ORIGINS,
    readiness,
    isUnavailable: isDatabaseUnavailable,
    problemOf: (fault) => (isSubjectErased(fault) ? ERASED : undefined),
    maxBodyBytes: JSON_LIMITS.maxBytes,
  });
  await app.register(bearerAuth, { verifier, serverTiming: settings.SERVER_TIMING });
  await app.register(documentRoutes, { prefix: '/data', documents });
  await app.register(shareRoutes, { prefix: '/data', shares });
  await app.register(sharedRoutes, { prefix: '/data', documents, shares });
  await app.register(changeRoutes, { prefix: '/data', changes, verifier });
  const { auth, profile, image } = elsewhere;
  // The largest last: what is wrong with the others is seen early.
  const keepers = [auth, profile, ownPart(documents, shares), image];
  await app.register(exportRoutes, { prefix: '/data', keepers, verifier });
  return app;
}
