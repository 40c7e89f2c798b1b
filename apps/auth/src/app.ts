import { isDatabaseUnavailable } from '@roomkey/database';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { createService, type Service } from '@roomkey/service';
import { createDesk, type DeskParts } from './desk.ts';
import type { EventDelivery } from './domain/event-delivery.ts';
import type { Hints } from './domain/hints.ts';
import { NoSigningKeyError } from './domain/key-ring.ts';
import type { KeyOverview } from './domain/signing-keys.ts';
import { statusListUri } from './domain/status-lists.ts';
import { showKeyAges } from './key-metrics.ts';
import { accountRoutes } from './routes/accounts.ts';
import { adminAuditRoutes } from './routes/admin-audit.ts';
import { adminClientRoutes } from './routes/admin-clients.ts';
import { adminKeyRoutes } from './routes/admin-keys.ts';
import { adminUserRoutes } from './routes/admin-users.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { eventRoutes } from './routes/events.ts';
import { introspectionRoutes } from './routes/introspection.ts';
import { revocationRoutes } from './routes/revocation.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { statusListRoutes } from './routes/status-lists.ts';
import { tokenRoutes } from './routes/token.ts';
import { wellKnownRoutes } from './routes/well-known.ts';

export interface AuthParts extends DeskParts {
  readonly keys: () => Promise<readonly KeyOverview[]>;
  readonly hints: Hints;
  readonly delivery: EventDelivery;
  readonly ping: () => Promise<void>;
}

export async function buildApp(parts: AuthParts): Promise<Service> {
  const { settings, stores, keyRing, hints, delivery, keys, now } = parts;
  const { users, clients, sessions, revocation, audit } = stores;
  const { accounts, erasures, signIn, inspection, authenticate, administration, ...desk } = createDesk(parts);
  const oauth = { isUnavailable, requests: desk.requests, now };

  const app = await createService({
    name: 'auth',
    description: 'The desk: accounts, sessions, tokens, keys.',
    replica: settings.REPLICA,
    logLevel: settings.LOG_LEVEL,
    tracesTo: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    corsOrigins: settings.CORS_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    readiness: { database: parts.ping, 'signing key': () => keyRing.requireKey(now()) },
    isUnavailable,
  });
  showKeyAges(app.metrics.client, keys, now);
  await app.register(bearerAuth, { verifier: desk.verifier, serverTiming: settings.SERVER_TIMING });
  await app.register(wellKnownRoutes, {
    issuer: settings.ISSUER,
    scopes: settings.registry.scopes,
    grantTypes: desk.grantTypes,
    keyRing,
    jwksMaxAgeSeconds: settings.JWKS_MAX_AGE_SECONDS,
    now,
  });
  await app.register(statusListRoutes, {
    publication: parts.statusPublication,
    hints,
    uriOf: (listId) => statusListUri(settings.ISSUER, listId),
    now,
  });
  await app.register(accountRoutes, { accounts, registrations: desk.registrations, now });
  await app.register(erasureRoutes, { erasures, issuer: settings.ISSUER, requests: desk.requests, now });
  await app.register(eventRoutes, { delivery, clients });
  await app.register(signInRoutes, { signIn, now });
  await app.register(sessionRoutes, { sessions, revocation, now });
  await app.register(tokenRoutes, { ...oauth, tokenEndpoint: desk.tokenEndpoint });
  await app.register(revocationRoutes, { ...oauth, authenticate, inspection, sessions, revocation });
  await app.register(introspectionRoutes, { ...oauth, authenticate, inspection });
  await app.register(adminKeyRoutes, { administration, keys, now });
  await app.register(adminClientRoutes, { administration, clients, now });
  await app.register(adminUserRoutes, { administration, users, sessions, now });
  await app.register(adminAuditRoutes, { audit });
  return app;
}

function isUnavailable(error: unknown): boolean {
  return isDatabaseUnavailable(error) || error instanceof NoSigningKeyError;
}
