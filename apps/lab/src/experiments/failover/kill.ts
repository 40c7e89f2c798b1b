import { setTimeout as pause } from 'node:timers/promises';
import { Client, Guest, type Stay, type Surroundings } from '@roomkey/experiment';
import type { Fleet } from './fleets.ts';

const BEFORE_MS = 400;
const AFTER_MS = 800;
const PAUSE_MS = 10;
const REFRESHING_GUESTS = 20;
const TRIES = 20;

/** What one kill cost. */
export interface Loss {
  readonly guests: number;
  /** Guests who had to sign in anew. */
  readonly signedOut: number;
  readonly reads: number;
  readonly readsFailed: number;
  readonly writes: number;
  readonly writesFailed: number;
}

/**
 * Every guest reads and writes in turn while a replica is killed and comes back. They sign in anew before: where replicas keep
 * sessions, those who lost theirs would otherwise be with the others when the next one is killed, and it would cost more each time.
 */
export async function killUnderLoad(fleet: Fleet, index: number): Promise<Loss> {
  await using client = new Client(`http://127.0.0.1:${fleet.balancer.port}`, fleet.guests);
  const signedIn = await Promise.all(Array.from({ length: fleet.guests }, () => fleet.signIn()));
  const loss = {
    guests: fleet.guests,
    signedOut: 0,
    reads: 0,
    readsFailed: 0,
    writes: 0,
    writesFailed: 0,
  };
  const stopping = new AbortController();
  const goOn = async (headers: Readonly<Record<string, string>>, guest: number): Promise<void> => {
    for (let turn = guest; !stopping.signal.aborted; turn += 1) {
      const isRead = turn % 2 === 0;
      const status = await statusOf(client, isRead ? 'GET' : 'POST', headers);
      loss[isRead ? 'reads' : 'writes'] += 1;
      if (status === 401) {
        loss.signedOut += 1;
        return;
      }
      if (status >= 500) loss[isRead ? 'readsFailed' : 'writesFailed'] += 1;
      await pause(PAUSE_MS);
    }
  };
  const visits = signedIn.map(goOn);
  await pause(BEFORE_MS);
  await fleet.kill(index);
  await pause(AFTER_MS);
  stopping.abort();
  await Promise.all(visits);
  return loss;
}

/** A connection that breaks counts as a failure of the server. */
async function statusOf(
  client: Client,
  method: 'GET' | 'POST',
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  try {
    return (await client.call('/documents', { method, headers })).status;
  } catch {
    return 502;
  }
}

/** Guests refresh without end while a replica of the desk is killed; an answer that was lost is asked for again. */
export async function killDeskUnderRefreshes(
  { system, gateway }: Surroundings,
  replica: string,
): Promise<Loss> {
  const loss = {
    guests: REFRESHING_GUESTS,
    signedOut: 0,
    reads: 0,
    readsFailed: 0,
    writes: 0,
    writesFailed: 0,
  };
  const stays: Stay[] = [];
  for (let guest = 0; guest < REFRESHING_GUESTS; guest += 1)
    stays.push(await (await Guest.register(gateway)).signIn());
  const stopping = new AbortController();
  const goOn = async ({ refreshToken }: Stay): Promise<void> => {
    let token = refreshToken;
    for (let failures = 0; !stopping.signal.aborted && failures < TRIES;) {
      const form = { grant_type: 'refresh_token', client_id: 'app', refresh_token: token };
      const answer = await gateway.call('/auth/token', { method: 'POST', form }).catch(() => undefined);
      loss.writes += 1;
      if (answer?.status === 200)
        token = (JSON.parse(answer.body) as { refresh_token: string }).refresh_token;
      else if (answer?.status === 400) {
        loss.signedOut += 1;
        return;
      } else {
        loss.writesFailed += 1;
        failures += 1;
      }
      await pause(PAUSE_MS);
    }
  };
  const visits = stays.map(goOn);
  await pause(BEFORE_MS);
  await system.kill(replica);
  await system.replica(replica).whenReady();
  await pause(AFTER_MS);
  stopping.abort();
  await Promise.all(visits);
  return loss;
}
