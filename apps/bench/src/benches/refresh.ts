import { fileURLToPath } from 'node:url';
import { openDatabase } from '@roomkey/database';
import { interleave, ratio, spread, type Experiment } from '@roomkey/experiment';
import { openDesk } from '../desk-under-test.ts';
import { pgbench } from '../pgbench.ts';
import { beginSessions, refreshAll } from '../refreshing.ts';

const SCRIPT = fileURLToPath(new URL('../pgbench-refresh.sql', import.meta.url));
/** Sessions that are refreshed at once, on both sides. */
const SESSIONS = 32;
const WARM_UP_ROUNDS = 6;
const ROUNDS = 11;
const SECONDS = 2;
const GOAL = 0.6;

/**
 * P6: what the desk adds to its database. Both work on the same PostgreSQL, which writes each commit through to the disk. Counted
 * is the processor time of all that takes part, PostgreSQL and the load generator pgbench included: one desk by the clock has one
 * core, and its replicas the others.
 */
export const refreshGrants: Experiment = {
  name: 'refresh',
  claim: `P6: the desk grants at least ${GOAL} of the refreshes that pgbench does with the same statements.`,
  async run(progress) {
    await using desk = await openDesk();
    const tokens = await beginSessions(desk, SESSIONS);
    await using database = openDatabase({
      url: desk.databaseUrl,
      applicationName: 'bench',
      onError: () => undefined,
    });
    let round = 0;
    const perSecond = { roomkey: [] as number[], pgbench: [] as number[] };
    const sides = {
      async roomkey() {
        const before = (await desk.process.cpuMicroseconds()) + (await desk.databaseCpuMicroseconds());
        const seen = await refreshAll(desk, tokens, SECONDS);
        const after = (await desk.process.cpuMicroseconds()) + (await desk.databaseCpuMicroseconds());
        perSecond.roomkey.push(seen.perSecond);
        return (seen.answered / (after - before)) * 1_000_000;
      },
      async pgbench() {
        round += 1;
        await database.pool.query(NEW_SESSIONS, [round, SESSIONS]);
        const before = await desk.databaseCpuMicroseconds();
        const seen = await pgbench({
          databaseUrl: desk.databaseUrl,
          script: SCRIPT,
          clients: SESSIONS,
          seconds: SECONDS,
          variables: { round, n: 0 },
        });
        const after = await desk.databaseCpuMicroseconds();
        perSecond.pgbench.push(seen.perSecond);
        return (seen.transactions / (after - before + seen.cpuMicroseconds)) * 1_000_000;
      },
    };
    progress('both warm up');
    for (let turn = 0; turn < WARM_UP_ROUNDS; turn += 1)
      for (const side of Object.values(sides)) await side();
    perSecond.roomkey.length = 0;
    perSecond.pgbench.length = 0;
    const figures = await interleave(ROUNDS, sides, progress);
    const share = ratio(figures.roomkey, figures.pgbench);
    return {
      figures: {
        roomkeyToPgbench: share,
        byTheClock: ratio(perSecond.roomkey, perSecond.pgbench),
        grantsPerCpuSecond: { roomkey: spread(figures.roomkey), pgbench: spread(figures.pgbench) },
        grantsPerSecond: { roomkey: spread(perSecond.roomkey), pgbench: spread(perSecond.pgbench) },
        sessions: SESSIONS,
      },
      goal: `at least ${GOAL}, ${SESSIONS} sessions refreshed at once`,
      ok: share.median >= GOAL,
    };
  },
};

/** As the script finds them: a session for each connection of the round. */
const NEW_SESSIONS = `
  with fresh as (
    select (lpad($1::text, 8, '0') || '-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid as id,
      sha256(convert_to($1::text || ' ' || number || ' 0', 'UTF8')) as hash
    from generate_series(0, $2::integer - 1) as number
  ), begun as (
    insert into sessions (id, user_id, client_id, scopes, resources, address, address_prefix, created_at, last_used_at,
      expires_at, refresh_hash, refresh_expires_at)
    select fresh.id, users.id, 'app', '{data:read,data:write}', '{http://desk.test/data}', '127.0.0.1', '127.0.0.1',
      now(), now(), now() + interval '30 days', fresh.hash, now() + interval '7 days'
    from fresh cross join (select id from users limit 1) as users
    returning id, refresh_hash
  )
  insert into refresh_tokens (hash, session_id, issued_at, access_token_id, access_token_issued_at, access_token_expires_at)
  select refresh_hash, id, now(), 'A0B1C2D3E4F5G6H7I8J9Ka', now(), now() + interval '5 minutes' from begun`;
