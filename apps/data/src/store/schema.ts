import type { Generated } from 'kysely';
import type { ChangeKind } from '../domain/changes.ts';

/** The tables of `migrations/`. */
export interface DataSchema {
  readonly documents: {
    id: string;
    issuer: string;
    subject: string;
    collection: string;
    version: Generated<number>;
    content: string;
    bytes: number;
    /** `Term`s, as PostgreSQL reads and writes bigint[]. */
    terms: string[];
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  readonly usage: { issuer: string; subject: string; documents: number };
  readonly idempotency_keys: {
    issuer: string;
    subject: string;
    collection: string;
    key: string;
    fingerprint: string;
    document_id: string;
    created_at: Generated<Date>;
  };
  readonly shares: {
    document_id: string;
    issuer: string;
    subject: string;
    access: 'read' | 'write';
    created_at: Generated<Date>;
  };
  readonly feeds: { issuer: string; subject: string; collection: string; last: string };
  readonly changes: {
    issuer: string;
    subject: string;
    collection: string;
    sequence: string;
    kind: ChangeKind;
    document_id: string;
    version: number;
    at: Generated<Date>;
  };
}
