import { createVerifier, type Verifier } from '@roomkey/resource-server';
import type { Settings } from './config.ts';
import type { StatusReference } from './domain/access-token.ts';
import { createAccounts } from './domain/accounts.ts';
import { createAdministration } from './domain/administration.ts';
import { createAccountEraser, createErasures } from './domain/erasures.ts';
import type { ClientKeys } from './domain/client-keys.ts';
import type { KeyRing } from './domain/key-ring.ts';
import { createLeasedLimit, type Limit } from './domain/limits.ts';
import type { PasswordHashing } from './domain/password-hashing.ts';
import { createPasswordProof } from './domain/password-proof.ts';
import type { SessionLifetimes } from './domain/sessions.ts';
import { createSignIn } from './domain/sign-in.ts';
import { createSignInGuard } from './domain/sign-in-guard.ts';
import type { SigningKeys, SigningKeyStore } from './domain/signing-keys.ts';
import { statusListUri, type StatusBit } from './domain/status-lists.ts';
import type { StatusPublication } from './domain/status-publication.ts';
import type { StatusReservation } from './domain/status-reservation.ts';
import { createTokenInspection } from './domain/token-inspection.ts';
import { createTokenIssuer } from './domain/token-issuer.ts';
import { createClientAuthentication, limitClients } from './grants/client-authentication.ts';
import { clientCredentialsGrant } from './grants/client-credentials.ts';
import { refreshTokenGrant } from './grants/refresh-token.ts';
import { createTokenEndpoint } from './grants/token-endpoint.ts';
import { tokenExchangeGrant } from './grants/token-exchange.ts';
import { ownIssuer } from './own-issuer.ts';
import type { Stores } from './store/stores.ts';

export interface DeskParts {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly keyRing: KeyRing;
  readonly signingKeysOn: (store: SigningKeyStore) => SigningKeys;
  readonly clientKeys: ClientKeys;
  readonly statusReservation: StatusReservation;
  readonly statusPublication: StatusPublication;
  readonly passwords: PasswordHashing;
  readonly now: () => Date;
}

const perMinute = (count: number): Limit => ({ count, seconds: 60 });
const perHour = (count: number): Limit => ({ count, seconds: 3_600 });

/** Puts the domain together: what the routes are given. */
export function createDesk(parts: DeskParts) {
  const { settings, stores, passwords } = parts;
  const { registry, roles, ISSUER: issuer } = settings;
  const { sessions, revocation } = stores;
  const lifetimes: SessionLifetimes = {
    absoluteSeconds: settings.SESSION_SECONDS,
    idleSeconds: settings.SESSION_IDLE_SECONDS,
    repeatSeconds: settings.REFRESH_REPEAT_SECONDS,
  };
  const guard = createSignInGuard(stores.limits, {
    perAddress: perMinute(settings.SIGN_INS_PER_ADDRESS_PER_MINUTE),
    perAccountAndAddress: perHour(settings.FAILURES_PER_ACCOUNT_AND_ADDRESS_PER_HOUR),
    perAccount: perHour(settings.FAILURES_PER_ACCOUNT_PER_HOUR),
  });
  const limit = (name: string, bound: Limit) => createLeasedLimit(stores.limits, name, bound);
  const provePassword = createPasswordProof(passwords, stores.visitors, guard);
  const eraseAccount = createAccountEraser(settings.RESOURCE, registry);
  const tokens = createIssuer(parts);
  const inspection = createTokenInspection(verifierFor(parts, registry.identifiers), stores.tokenStanding);
  const authenticate = limitClients(
    createClientAuthentication({
      clients: stores.clients,
      keys: parts.clientKeys,
      used: stores.usedAssertions,
      issuer,
    }),
    limit('oauth:client', perMinute(settings.TOKEN_REQUESTS_PER_CLIENT_PER_MINUTE)),
  );
  const grantTypes = [
    refreshTokenGrant({ sessions, revocation, roles, lifetimes }),
    clientCredentialsGrant,
    tokenExchangeGrant(inspection),
  ];
  return {
    accounts: createAccounts({ ...stores, passwords, provePassword }),
    erasures: createErasures({ ...stores, provePassword, eraseAccount }),
    signIn: createSignIn({ ...stores, passwords, guard, registry, roles, tokens, lifetimes }),
    tokenEndpoint: createTokenEndpoint({ authenticate, grantTypes, registry, tokens }),
    grantTypes: grantTypes.map((grantType) => grantType.name),
    authenticate,
    inspection,
    administration: createAdministration(
      (work) =>
        stores.atomically((inside) => work({ ...inside, keys: parts.signingKeysOn(inside.signingKeys) })),
      registry,
      roles,
      eraseAccount,
    ),
    registrations: limit('register', perHour(settings.REGISTRATIONS_PER_ADDRESS_PER_HOUR)),
    requests: limit('oauth:address', perMinute(settings.TOKEN_REQUESTS_PER_ADDRESS_PER_MINUTE)),
    /** Judges tokens for auth itself, like any room. */
    verifier: verifierFor(parts, [settings.RESOURCE]),
  };
}

function createIssuer({ settings, keyRing, statusReservation }: DeskParts) {
  const reference = ({ listId, index }: StatusBit): StatusReference => ({
    status_list: { uri: statusListUri(settings.ISSUER, listId), idx: index },
  });
  return createTokenIssuer({
    issuer: settings.ISSUER,
    lifetimeSeconds: settings.ACCESS_TOKEN_SECONDS,
    keyRing,
    statuses: {
      next: async (at) => reference(await statusReservation.next(at)),
      async ofClient(id, at) {
        const bit = await statusReservation.ofClient(id, at);
        return bit && reference(bit);
      },
    },
  });
}

function verifierFor(parts: DeskParts, audience: readonly string[]): Verifier {
  const { settings, keyRing, statusPublication, now } = parts;
  const view = ownIssuer(settings.ISSUER, keyRing, statusPublication, now);
  return createVerifier({ issuers: [{ view, audience }], now: () => now().getTime() });
}
