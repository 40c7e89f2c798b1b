import type { JSONWebKeySet } from 'jose';

/** A registered client (RFC 6749 §2). It can use what is listed here and nothing else (security 59). */
export interface Client {
  readonly id: string;
  /** Public clients have no key and only name themselves; confidential ones prove who they are (`private_key_jwt`). */
  readonly kind: 'public' | 'confidential';
  readonly grants: readonly string[];
  readonly scopes: readonly string[];
  /** Resource identifiers. */
  readonly resources: readonly string[];
  /** The one algorithm its assertions are signed with. */
  readonly signingAlgorithm: string | null;
  readonly jwks: JSONWebKeySet | null;
  readonly jwksUri: string | null;
  readonly exchange: ExchangePolicy | null;
  /** From the settings, which own it: the administration API does not change it. */
  readonly declared: boolean;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  /** Tokens issued to it before this moment are revoked. */
  readonly tokensRevokedAt: Date | null;
}

/** What a client may turn other parties' tokens into (RFC 8693). */
export interface ExchangePolicy {
  /** Subject tokens must be for one of these: the resources this client itself is. */
  readonly from: readonly string[];
  readonly to: readonly ExchangeTarget[];
}

export interface ExchangeTarget {
  readonly resource: string;
  readonly scopes: readonly string[];
}

export type ClientDefinition = Omit<Client, 'createdAt' | 'disabledAt' | 'tokensRevokedAt' | 'declared'>;

export interface ClientStore {
  find(id: string): Promise<Client | undefined>;
}

/** The client of the system's own front ends, which may take names and passwords. */
export const FIRST_PARTY_CLIENT = 'app';
/** Not an OAuth grant: the right to sign users in by name and password at `/auth/sessions`. */
export const SIGN_IN = 'urn:roomkey:grant:sign-in';

/** RFC 6749 Appendix A.1 allows more; this is safe in logs, SQL and addresses. */
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** No client is called like a user: users are UUIDs, clients are not (RFC 9700 §4.15; security 70). */
export function isClientId(id: string): boolean {
  return CLIENT_ID.test(id) && !UUID.test(id);
}
