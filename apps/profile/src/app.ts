import { isDatabaseUnavailable } from '@roomkey/database';
import { isSubjectErased } from '@roomkey/event-receiver';
import type { Verifier } from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { createService, Problem, type Service, type ServiceOptions } from '@roomkey/service';
import type { Settings } from './config.ts';
import type { Avatars, Pictures } from './domain/avatars.ts';
import type { Profiles } from './domain/profiles.ts';
import { myAvatarRoutes } from './routes/my-avatar-routes.ts';
import { myProfileRoutes } from './routes/my-profile-routes.ts';
import { publicProfileRoutes } from './routes/public-profile-routes.ts';

export interface AppDependencies {
  readonly settings: Pick<
    Settings,
    'CORS_ORIGINS' | 'LOG_LEVEL' | 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'REPLICA' | 'SERVER_TIMING'
  >;
  readonly verifier: Verifier;
  readonly profiles: Profiles & Avatars;
  readonly pictures: Pictures;
  readonly readiness: NonNullable<ServiceOptions['readiness']>;
}

/** Many times the largest profile, however its text is escaped. */
const MAX_BODY_BYTES = 64 * 1024;

const ERASED = new Problem('gone', 'Your account is erased.');

/** The profile service: everything it consists of, in the order in which a request meets it. */
export async function buildApp({
  settings,
  verifier,
  profiles,
  pictures,
  readiness,
}: AppDependencies): Promise<Service> {
  const app = await createService({
    name: 'profile',
    description: 'Who users are to each other.',
    replica: settings.REPLICA,
    logLevel: settings.LOG_LEVEL,
    tracesTo: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    corsOrigins: settings.CORS_ORIGINS,
    readiness,
    isUnavailable: isDatabaseUnavailable,
    problemOf: (fault) => (isSubjectErased(fault) ? ERASED : undefined),
    maxBodyBytes: MAX_BODY_BYTES,
  });
  await app.register(bearerAuth, { verifier, serverTiming: settings.SERVER_TIMING });
  await app.register(myProfileRoutes, { prefix: '/profile', profiles });
  await app.register(myAvatarRoutes, { prefix: '/profile', profiles, pictures });
  await app.register(publicProfileRoutes, { prefix: '/profile', profiles });
  return app;
}
