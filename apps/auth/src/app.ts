import { isDatabaseUnavailable } from '@roomkey/database';
import { createVerifier } from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { createService, type Service } from '@roomkey/service';
import type { Settings } from './config.ts';
import { createAccounts } from './domain/accounts.ts';
import { NoSigningKeyError, type KeyRing } from './domain/key-ring.ts';
import type { PasswordHashing } from './domain/password-hashing.ts';
import type { Hints } from './domain/hints.ts';
import { createRevocation } from './domain/revocation.ts';
import type { SessionLifetimes } from './domain/sessions.ts';
import { createSignIn } from './domain/sign-in.ts';
import { statusListUri } from './domain/status-lists.ts';
import type { StatusPublication } from './domain/status-publication.ts';
import type { StatusReservation } from './domain/status-reservation.ts';
import { createTokenIssuer } from './domain/token-issuer.ts';
import { createClientAuthentication } from './grants/client-authentication.ts';
import { refreshTokenGrant } from './grants/refresh-token.ts';
import { createTokenEndpoint } from './grants/token-endpoint.ts';
import { ownIssuer } from './own-issuer.ts';
import { accountRoutes } from './routes/accounts.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { statusListRoutes } from './routes/status-lists.ts';
import { tokenRoutes } from './routes/token.ts';
import { wellKnownRoutes } from './routes/well-known.ts';
import type { Stores } from './store/stores.ts';

export interface AuthParts {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly keyRing: KeyRing;
  readonly statusReservation: StatusReservation;
  readonly statusPublication: StatusPublication;
  readonly hints: Hints;
  readonly passwords: PasswordHashing;
  readonly ping: () => Promise<void>;
  readonly now: () => Date;
}

export async function buildApp(parts: AuthParts): Promise<Service> {
  const { settings, stores, keyRing, statusReservation, statusPublication, hints, passwords, now } = parts;
  const { registry, roles, ISSUER: issuer } = settings;
  const lifetimes: SessionLifetimes = {
    absoluteSeconds: settings.SESSION_SECONDS,
    idleSeconds: settings.SESSION_IDLE_SECONDS,
    repeatSeconds: settings.REFRESH_REPEAT_SECONDS,
  };
  const tokens = createTokenIssuer({
    issuer,
    lifetimeSeconds: settings.ACCESS_TOKEN_SECONDS,
    keyRing,
    async reserveStatus({ subject, clientId }, at) {
      // What a client has for itself shares one bit in a window, so that revoking the client is one write.
      const isOwn = subject === clientId;
      const bit = isOwn ? await statusReservation.ofClient(clientId, at) : await statusReservation.next(at);
      return { status_list: { uri: statusListUri(issuer, bit.listId), idx: bit.index } };
    },
  });
  const revocation = createRevocation(stores.revocations);
  const signIn = createSignIn({ ...stores, passwords, registry, roles, tokens, lifetimes });
  const grantTypes = [refreshTokenGrant({ sessions: stores.sessions, revocation, roles, lifetimes })];
  const tokenEndpoint = createTokenEndpoint({
    authenticate: createClientAuthentication(stores.clients),
    grantTypes,
    registry,
    tokens,
  });
  const verifier = createVerifier({
    issuers: [{ view: ownIssuer(issuer, keyRing, statusPublication, now), audience: settings.RESOURCE }],
    now: () => now().getTime(),
  });

  const app = await createService({
    name: 'auth',
    description: 'The desk: accounts, sessions, tokens, keys.',
    replica: settings.REPLICA,
    logLevel: settings.LOG_LEVEL,
    corsOrigins: settings.CORS_ORIGINS,
    readiness: { database: parts.ping, 'signing key': () => keyRing.requireKey(now()) },
    isUnavailable,
  });
  await app.register(bearerAuth, { verifier, serverTiming: settings.SERVER_TIMING });
  await app.register(wellKnownRoutes, {
    issuer,
    scopes: registry.scopes,
    grantTypes: grantTypes.map((grantType) => grantType.name),
    keyRing,
    jwksMaxAgeSeconds: settings.JWKS_MAX_AGE_SECONDS,
    now,
  });
  await app.register(statusListRoutes, {
    publication: statusPublication,
    hints,
    uriOf: (listId) => statusListUri(issuer, listId),
    now,
  });
  await app.register(accountRoutes, { accounts: createAccounts(stores.users, passwords), now });
  await app.register(sessionRoutes, { signIn, revocation, now });
  await app.register(tokenRoutes, { tokenEndpoint, isUnavailable, now });
  return app;
}

function isUnavailable(error: unknown): boolean {
  return isDatabaseUnavailable(error) || error instanceof NoSigningKeyError;
}
