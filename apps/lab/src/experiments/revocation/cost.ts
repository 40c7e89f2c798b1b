import {
  Guest,
  httpRequest,
  interleave,
  type MeasuredProcess,
  type Progress,
  saturateProcess,
  type Surroundings,
} from '@roomkey/experiment';
import { type CredentialHeaders, signIn, startRival } from '@roomkey/rivals';
import { bearer, startTokenReplica } from '../../our-side.ts';
import type { SessionSide } from './session-sides.ts';

const GUESTS = 30;
/** Long enough for the runtime to have compiled what is used: before, a request costs up to ten times as much. */
const WARM_UP_SECONDS = 1.5;
/** Short, and many rounds: a neighbour on the same processor doubles what is measured, for some tenths of a second. */
const SECONDS = 0.12;
const IN_FLIGHT = 16;

export const CHECKED = 'token, revocation looked up';
export const UNCHECKED = 'token, revocation not looked at';

/** Processor time of the service for one request, in microseconds, a figure a round. */
export type Cost = Readonly<Record<string, readonly number[]>>;

/** The same tokens at two services that differ in nothing but that one follows the revocation lists; and the rivals. */
export async function measureCost(
  surroundings: Surroundings,
  sessions: readonly SessionSide[],
  rounds: number,
  progress: Progress,
): Promise<Cost> {
  const { origin } = surroundings.system;
  await using checked = await startTokenReplica(surroundings, 'checked');
  await using unchecked = await startRival('token', {
    ISSUER: origin,
    AUDIENCE: `${origin}/data`,
    JWKS_URL: `${origin}/.well-known/jwks.json`,
  });
  const cards: Buffer[] = [];
  for (let count = 0; count < GUESTS; count += 1) {
    const { card } = await (await Guest.register(surroundings.gateway)).signIn();
    cards.push(read(bearer(card)));
  }
  const measured: (readonly [string, MeasuredProcess, readonly Buffer[]])[] = [
    [UNCHECKED, unchecked, cards],
    [CHECKED, checked, cards],
  ];
  for (const { name, replicas } of sessions) {
    const [service] = replicas;
    if (service === undefined) throw new Error(`${name} has no replicas`);
    const requests: Buffer[] = [];
    for (let count = 0; count < GUESTS; count += 1) requests.push(read(await signIn(service, 'guest')));
    measured.push([name, service, requests]);
  }
  for (const [, service, requests] of measured) await costPerRequest(service, requests, WARM_UP_SECONDS);
  progress('everything is warm; what a request costs, in turns');
  const sides = Object.fromEntries(
    measured.map(([name, service, requests]) => [name, () => costPerRequest(service, requests, SECONDS)]),
  );
  // Awaited here: what is measured is disposed of when this returns.
  return await interleave(rounds, sides, progress);
}

const read = (headers: CredentialHeaders): Buffer => httpRequest('GET', '/documents', headers);

async function costPerRequest(
  service: MeasuredProcess,
  requests: readonly Buffer[],
  seconds: number,
): Promise<number> {
  const load = { requests, connections: IN_FLIGHT, seconds };
  const { answered, cpuMicroseconds } = await saturateProcess(service, load);
  return cpuMicroseconds / answered;
}
