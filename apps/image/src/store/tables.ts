import type { Generated } from 'kysely';
import type { StoredFormat, Visibility } from '../domain/image.ts';

export interface Tables {
  images: {
    id: string;
    issuer: string;
    subject: string;
    width: number;
    height: number;
    format: StoredFormat;
    bytes: number;
    content_hash: string;
    created_at: Generated<Date>;
    visibility: Generated<Visibility>;
  };
  link_keys: {
    id: string;
    secret: Buffer;
    created_at: Generated<Date>;
  };
  /** Images ended by an erasure, whose bytes may still be there. */
  removals: {
    image_id: string;
    issuer: string;
    subject: string;
  };
  sweeps: {
    begun_at: Date;
  };
  /** What each owner has, kept beside the rows so that one locked row decides about a quota. */
  usage: {
    issuer: string;
    subject: string;
    images: number;
    bytes: string;
  };
}
