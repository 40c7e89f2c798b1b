import type { DocumentInfo, StoredDocument } from '../domain/documents.ts';

export interface InfoRow {
  id: string;
  version: number;
  created_at: Date;
  updated_at: Date;
}
export type DocumentRow = InfoRow & { text: string };

export const infoOf = ({ id, version, created_at, updated_at }: InfoRow): DocumentInfo => ({
  id,
  version,
  createdAt: created_at,
  updatedAt: updated_at,
});

export const documentOf = (row: DocumentRow): StoredDocument => ({ ...infoOf(row), text: row.text });
