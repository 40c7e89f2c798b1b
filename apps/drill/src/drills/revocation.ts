import { randomBytes } from 'node:crypto';
import {
  type Experiment,
  Guest,
  Load,
  type Progress,
  refusalDelays,
  revokedCard,
  ROOMS,
  ServiceClient,
  summarize,
  type Summary,
  type Surroundings,
  type Victim,
  withSystem,
} from '@roomkey/experiment';

const PER_KIND = 60;
const PER_KIND_POLLING = 5;
const GOAL_P99_MS = 250;
/** Poll period of a room, and what a look and a busy machine take. */
const GOAL_POLLING_MS = 2_000 + 500;

/** Cards, sessions, users and clients revoked under load, through eight replicas. */
export const revocation: Experiment = {
  name: 'revocation',
  claim: 'Whatever is revoked is refused by every replica of every room in under a second.',
  async run(progress) {
    const hinted = await withSystem({ replicas: 2 }, progress, (system) =>
      measure(system, PER_KIND, progress),
    );
    progress('once more with the event stream cut: polling alone');
    const polling = await withSystem({ replicas: 2, hints: false }, progress, (system) =>
      measure(system, PER_KIND_POLLING, progress),
    );
    const all = summarize(Object.values(hinted.delaysMs).flat());
    const allPolling = summarize(Object.values(polling.delaysMs).flat());
    const isSteady = hinted.refusedValid === 0 && polling.refusedValid === 0;
    return {
      figures: {
        ms: all,
        byKind: byKind(hinted.delaysMs),
        pollingMs: allPolling,
        pollingByKind: byKind(polling.delaysMs),
        replicas: hinted.replicas,
        validRequestsMeanwhile: hinted.validRequests + polling.validRequests,
        validRefused: hinted.refusedValid + polling.refusedValid,
        refusals: [...hinted.refusals, ...polling.refusals],
      },
      goal: `p99 at most ${GOAL_P99_MS} ms over at least 200 revocations; with the stream cut at most ${GOAL_POLLING_MS} ms; no valid card refused`,
      ok: all.count >= 200 && all.p99 <= GOAL_P99_MS && allPolling.max <= GOAL_POLLING_MS && isSteady,
    };
  },
};

interface Measured {
  /** From the desk's answer to the last replica's first refusal, by what was revoked. */
  readonly delaysMs: Readonly<Record<string, readonly number[]>>;
  readonly replicas: number;
  readonly validRequests: number;
  readonly refusedValid: number;
  readonly refusals: readonly string[];
}

async function measure(system: Surroundings, perKind: number, progress: Progress): Promise<Measured> {
  const bystander = await (await Guest.register(system.gateway)).signIn();
  const load = new Load({ client: system.gateway, concurrency: 8, pauseMs: 10, card: () => bystander.card });
  const delaysMs: Record<string, number[]> = {};
  for (const [kind, prepare] of Object.entries(VICTIMS)) {
    const delays = await refusalDelays(system, prepare, perKind);
    delaysMs[kind] = delays;
    const { p50, p99, max } = summarize(delays);
    progress(`${perKind} × ${kind}: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
  }
  const { sent, refused, refusals } = await load.stop();
  return { delaysMs, replicas: system.rooms.length, validRequests: sent, refusedValid: refused, refusals };
}

const VICTIMS: Readonly<Record<string, (system: Surroundings) => Promise<Victim>>> = {
  token: revokedCard,

  async session({ gateway }) {
    const { card } = await (await Guest.register(gateway)).signIn();
    return { card, revoke: () => gateway.expect(204, '/auth/sessions/current', { method: 'DELETE', card }) };
  },

  async user({ gateway, admin }) {
    const { card, accountId } = await (await Guest.register(gateway)).signIn();
    return { card, revoke: () => admin.endSessionsOf(accountId) };
  },

  async client({ system, gateway, admin }) {
    const client = new ServiceClient(`drill-${randomBytes(6).toString('hex')}`);
    const resources = ROOMS.map((room) => `${system.origin}/${room}`);
    await admin.register(
      client,
      ROOMS.map((room) => `${room}:read`),
      resources,
    );
    const card = await client.card(gateway, system.origin, resources);
    return { card, revoke: () => admin.revokeTokensOf(client) };
  },
};

function byKind(delaysMs: Measured['delaysMs']): Record<string, Summary> {
  return Object.fromEntries(Object.entries(delaysMs).map(([kind, delays]) => [kind, summarize(delays)]));
}
