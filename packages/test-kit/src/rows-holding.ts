import { Client, escapeIdentifier } from 'pg';

/** Every row of a database that holds a text anywhere, in any form: the table it is in, and the row as text. */
export async function rowsHolding(url: string, text: string): Promise<{ table: string; row: string }[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'`,
    );
    const found: { table: string; row: string }[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(
        `select one::text as row from ${escapeIdentifier(name)} as one where strpos(one::text, $1) > 0`,
        [text],
      );
      found.push(...rows.map(({ row }) => ({ table: name, row })));
    }
    return found;
  } finally {
    await client.end();
  }
}
