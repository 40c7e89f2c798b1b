import type { DocumentInfo, StoredDocument } from '../domain/documents.ts';

export interface InfoRow {
  id: string;
  version: number;
  created_at: Date;
  updated_at: Date;
}
export type DocumentRow = InfoRow & { text: string };

/** A cursor before every id. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

export const infoOf = ({ id, version, created_at, updated_at }: InfoRow): DocumentInfo => ({
  id,
  version,
  createdAt: created_at,
  updatedAt: updated_at,
});

export const documentOf = (row: DocumentRow): StoredDocument => ({ ...infoOf(row), text: row.text });
