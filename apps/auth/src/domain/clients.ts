import type { JSONWebKeySet } from 'jose';
import { isUuid } from './uuid.ts';

/** A registered client (RFC 6749 §2). It can use what is listed here and nothing else (security 59). */
export interface Client extends ClientDefinition {
  /** From the settings, which own it: the administration API does not change it. */
  readonly declared: boolean;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

export interface ClientDefinition {
  readonly id: string;
  /** Public clients have no key and only name themselves; confidential ones prove who they are (`private_key_jwt`). */
  readonly kind: 'public' | 'confidential';
  readonly grants: readonly string[];
  readonly scopes: readonly string[];
  /** Identifiers of the resources its tokens may be for. */
  readonly resources: readonly string[];
  /** Identifiers of the resources it is itself: tokens for them it may introspect, and exchange. */
  readonly ownResources: readonly string[];
  /** What it may turn tokens for its own resources into (RFC 8693). */
  readonly exchange: readonly ExchangeTarget[];
  /** The one algorithm its assertions are signed with. */
  readonly signingAlgorithm: ClientAlgorithm | null;
  readonly jwks: JSONWebKeySet | null;
  readonly jwksUri: string | null;
}

/** All asymmetric: a client proves that it has a key, and shares none (security 108). */
export const CLIENT_ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256'] as const;
export type ClientAlgorithm = (typeof CLIENT_ALGORITHMS)[number];

export interface ExchangeTarget {
  readonly resource: string;
  readonly scopes: readonly string[];
}

export interface ClientStore {
  find(id: string): Promise<Client | undefined>;
}

export interface ClientRegistry extends ClientStore {
  all(): Promise<readonly Client[]>;
  /** Adds them, or puts them in the place of those of the same id; whether they are disabled stays as it is. */
  put(definitions: readonly ClientDefinition[], declared: boolean, now: Date): Promise<void>;
  setDisabled(id: string, disabledAt: Date | null): Promise<void>;
  remove(id: string): Promise<void>;
}

/** The client of the system's own front ends, which may take names and passwords. */
export const FIRST_PARTY_CLIENT = 'app';
/** Not an OAuth grant: the right to sign users in by name and password at `/auth/sessions`. */
export const SIGN_IN = 'urn:roomkey:grant:sign-in';
export const REFRESH_TOKEN = 'refresh_token';
export const CLIENT_CREDENTIALS = 'client_credentials';
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** RFC 6749 Appendix A.1 allows more; this is safe in logs, SQL and addresses. */
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** No client is called like a user: users are UUIDs, clients are not (RFC 9700 §4.15; security 70). */
export function isClientId(id: string): boolean {
  return CLIENT_ID.test(id) && !isUuid(id);
}
