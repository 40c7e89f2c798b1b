import { setTimeout as pause } from 'node:timers/promises';
import {
  type Experiment,
  expiryOf,
  Guest,
  Load,
  openCuttablePath,
  type Progress,
  type Surroundings,
  withSystem,
} from '@roomkey/experiment';

const TOKEN_SECONDS = 30;
/** A request that is on its way when the card ends may be refused rightly. */
const BEFORE_END_MS = 500;
const VIEW_MAX_AGE_SECONDS = 4;
const WITHIN_MS = 15_000;

/** The desk and its database are gone for as long as a card lives; then one verifier is cut off from a desk that lives. */
export const authAway: Experiment = {
  name: 'auth-away',
  claim:
    'With auth and its database gone, every card works until its end; a verifier that is cut off says so, refuses, and recovers.',
  run: (progress) =>
    withSystem(
      { replicas: 2, auth: { ACCESS_TOKEN_SECONDS: String(TOKEN_SECONDS) } },
      progress,
      async (surroundings) => {
        const away = await deskAway(surroundings, progress);
        const cutOff = await verifierCutOff(surroundings, progress);
        return {
          figures: { tokenSeconds: TOKEN_SECONDS, ...away, ...cutOff },
          goal: '0 valid cards refused before their end; the cut-off verifier answers 503, is not ready, shows its age, and recovers by itself',
          ok:
            away.refused === 0 &&
            away.requests > 0 &&
            away.signInsMeanwhile === 503 &&
            cutOff.isNotReady &&
            cutOff.refusedWith === 503 &&
            cutOff.recovered,
        };
      },
    ),
};

async function deskAway({ system, gateway }: Surroundings, progress: Progress) {
  const guest = await Guest.register(gateway);
  const { card } = await guest.signIn();
  const endsAtMs = expiryOf(card) * 1_000 - BEFORE_END_MS;
  await system.stop('auth');
  await using withdrawn = await system.database.withdraw('auth');
  progress(
    `auth and its database are gone; the card lives for ${Math.round((endsAtMs - Date.now()) / 1_000)} s`,
  );

  const load = new Load({
    client: gateway,
    concurrency: 8,
    pauseMs: 5,
    card: () => (Date.now() < endsAtMs ? card : undefined),
  });
  const { status } = await gateway.call('/auth/sessions', { method: 'POST', json: {} });
  while (Date.now() < endsAtMs) {
    await pause(Math.min(5_000, Math.max(endsAtMs - Date.now(), 1)));
    progress(`${load.figures.sent} requests, ${load.figures.refused} refused`);
  }
  const { sent, refused, refusals } = await load.stop();
  await withdrawn[Symbol.asyncDispose]();
  await system.start('auth');
  await guest.signIn();
  progress('auth is back, and signing in works');
  return { requests: sent, refused, refusals, signInsMeanwhile: status };
}

/** One more replica of data, which reaches the desk over a path that can be cut. */
async function verifierCutOff({ system, gateway }: Surroundings, progress: Progress) {
  await using path = await openCuttablePath(system.origin);
  await using replica = await system.startAside('data', {
    JWKS_URL: `${path.origin}/.well-known/jwks.json`,
    STATUS_LISTS_URL: `${path.origin}/auth/status-lists`,
    EVENTS_URL: `${path.origin}/auth/status-lists/events`,
    VIEW_MAX_AGE_SECONDS: String(VIEW_MAX_AGE_SECONDS),
  });
  const guest = await Guest.register(gateway);
  const read = async (): Promise<number> => {
    const { card } = await guest.signIn();
    const headers = { authorization: `Bearer ${card}` };
    return (await fetch(`${replica.origin}/data/collections/drill/documents`, { headers })).status;
  };
  const before = await read();
  path.cut();
  const cutAt = Date.now();
  const refusedWith = await until(read, (status) => status !== before);
  const noticedMs = Date.now() - cutAt;
  const ready = await (await fetch(`${replica.origin}/readyz`)).text();
  const metrics = await (await fetch(`${replica.origin}/metrics`)).text();
  const ageSeconds = Number(/^roomkey_verifier_view_age_seconds.* ([\d.]+)$/m.exec(metrics)?.[1]);
  progress(`cut off: refuses with ${refusedWith} after ${noticedMs} ms, says ${ready}, age ${ageSeconds} s`);
  path.mend();
  const mendedAt = Date.now();
  const after = await until(read, (status) => status === before);
  const recoveredMs = Date.now() - mendedAt;
  progress(`recovered ${recoveredMs} ms after the path was mended`);
  return {
    viewMaxAgeSeconds: VIEW_MAX_AGE_SECONDS,
    refusedWith,
    noticedMs,
    viewAgeSeconds: ageSeconds,
    isNotReady: ready.includes('issuer view') && ageSeconds > VIEW_MAX_AGE_SECONDS,
    recovered: before === 200 && after === 200,
    recoveredMs,
  };
}

async function until(look: () => Promise<number>, holds: (status: number) => boolean): Promise<number> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const status = await look();
    if (holds(status) || Date.now() > deadline) return status;
    await pause(50);
  }
}
