import { sql, type Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Gives one replica of all the turn to sweep, at most once in a period. */
export async function takeSweepTurn(db: Kysely<Tables>, periodSeconds: number): Promise<boolean> {
  const { rows } = await sql`
    update sweeps set begun_at = now() where begun_at < now() - make_interval(secs => ${periodSeconds}) returning 1`.execute(
    db,
  );
  return rows.length > 0;
}
