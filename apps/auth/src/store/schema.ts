import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { JSONWebKeySet } from 'jose';
import type { StatusReference } from '../domain/access-token.ts';
import type { AuditEntry } from '../domain/audit.ts';
import type { Counts } from '../domain/security-events.ts';
import type { ClientAlgorithm, ExchangeTarget } from '../domain/clients.ts';
import type { PublicJwk } from '../domain/signing-keys.ts';

/** Auth's tables, as the migrations make them. */
export interface Schema {
  users: UserRow;
  clients: ClientRow;
  sessions: SessionRow;
  refresh_tokens: RefreshTokenRow;
  signing_keys: SigningKeyRow;
  status_lists: StatusListRow;
  revoked_statuses: RevokedStatusRow;
  client_statuses: ClientStatusRow;
  used_assertions: UsedAssertionRow;
  revoked_tokens: RevokedTokenRow;
  rate_limits: RateLimitRow;
  audit_log: AuditRow;
  erasures: ErasureRow;
  outbox: OutboxRow;
}

export interface UserRow {
  id: string;
  name: string;
  name_key: string;
  password_hash: string;
  roles: string[];
  created_at: Date;
  disabled_at: Generated<Date | null>;
}

export interface ClientRow {
  id: string;
  kind: 'public' | 'confidential';
  grants: string[];
  scopes: string[];
  resources: string[];
  own_resources: string[];
  signing_algorithm: ClientAlgorithm | null;
  jwks: JSONColumnType<JSONWebKeySet> | null;
  jwks_uri: string | null;
  exchange: JSONColumnType<ExchangeTarget[]>;
  declared: boolean;
  created_at: Date;
  disabled_at: Generated<Date | null>;
}

export interface SessionRow {
  id: string;
  user_id: string;
  client_id: string;
  scopes: string[];
  resources: string[];
  address: string;
  address_prefix: string;
  user_agent: string | null;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
  refresh_hash: Buffer;
  refresh_expires_at: Date;
  previous_hash: Generated<Buffer | null>;
  successor_nonce: Generated<Buffer | null>;
  rotated_at: Generated<Date | null>;
  ended_at: Generated<Date | null>;
  ended_reason: Generated<string | null>;
}

export interface RefreshTokenRow {
  hash: Buffer;
  session_id: string;
  issued_at: Date;
  access_token_id: string;
  access_token_issued_at: Date;
  access_token_expires_at: Date;
  access_token_status: ColumnType<StatusReference | null, string | null, string | null>;
}

export interface SigningKeyRow {
  kid: string;
  algorithm: 'ES256';
  public_jwk: JSONColumnType<PublicJwk & object>;
  sealed_private_key: Buffer;
  published_at: Date;
  activates_at: Date;
  revoked_at: Date | null;
}

export interface StatusListRow {
  id: string;
  size: number;
  stride: number;
  opens_at: Date;
  closes_at: Date;
  expires_at: Date;
  next_block: Generated<number>;
}

export interface RevokedStatusRow {
  list_id: string;
  index: number;
  /** bigint, as text. */
  sequence: GeneratedAlways<string>;
}

export interface ClientStatusRow {
  client_id: string;
  list_id: string;
  index: number;
}

export interface UsedAssertionRow {
  client_id: string;
  jti: string;
  expires_at: Date;
}

export interface RevokedTokenRow {
  token_id: string;
  expires_at: Date;
}

export interface RateLimitRow {
  key: string;
  full_at: Date;
}

export interface AuditRow {
  /** bigint, as text. */
  id: GeneratedAlways<string>;
  at: Date;
  actor: string;
  action: string;
  target_kind: AuditEntry['targetKind'];
  target: string;
  details: JSONColumnType<Readonly<Record<string, unknown>>>;
}

export interface ErasureRow {
  id: string;
  receipt_hash: Buffer;
  subject: string;
  requested_at: Date;
}

export interface OutboxRow {
  id: string;
  erasure_id: string;
  audience: string;
  deliver_at: Date;
  settled_at: Date | null;
  counts: ColumnType<Counts | null, string | null, string | null>;
}
