import { sql, type Kysely } from 'kysely';
import { readJsonText } from '../src/domain/json-text.ts';
import { termsOf } from '../src/domain/terms.ts';

const BATCH = 100;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table documents add column terms bigint[] not null default '{}'`.execute(db);
  let after: string | undefined = '00000000-0000-0000-0000-000000000000';
  while (after !== undefined) after = await fill(db, after);
  await sql`alter table documents alter column terms drop default`.execute(db);
}

/** With the service's own rule on purpose: whatever it is when this runs, it is the one that filters will ask by. */
async function fill(db: Kysely<unknown>, after: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string; text: string }>`
    select id, content::text as text from documents where id > ${after} order by id limit ${BATCH}`.execute(
    db,
  );
  for (const { id, text } of rows) {
    const reading = readJsonText(Buffer.from(text));
    if (!reading.ok) throw new Error(`the document ${id} is stored but not readable: ${reading.fault}`);
    await sql`update documents set terms = ${termsOf(reading.document.content)} where id = ${id}`.execute(db);
  }
  return rows.at(-1)?.id;
}
