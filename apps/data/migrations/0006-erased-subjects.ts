import { createErasedSubjects } from '@roomkey/event-receiver';
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createErasedSubjects(db, ['documents', 'usage', 'idempotency_keys', 'shares', 'feeds', 'changes']);
}
