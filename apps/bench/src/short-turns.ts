import { requestsPerCpuSecond, type MeasuredProcess } from '@roomkey/experiment';

/** Many and short: a neighbour on the same machine then slows down the sides of a round alike. */
export const SHORT_TURNS = 151;
export const WARM_UP_SECONDS = 3;
const SECONDS = 0.07;
const CONNECTIONS = 32;

/**
 * Measures a server, a turn at a time: on with the requests where the last turn ended, so that all of their tokens are alive.
 *
 * @returns requests a second of the server's processor time
 */
export function inShortTurns(
  server: MeasuredProcess,
  requests: readonly Buffer[],
): (seconds?: number) => Promise<number> {
  let next = 0;
  const nextRequest = (): Buffer => requests[next++ % requests.length] as Buffer;
  return (seconds = SECONDS) =>
    requestsPerCpuSecond(server, { requests: nextRequest, connections: CONNECTIONS, seconds });
}
