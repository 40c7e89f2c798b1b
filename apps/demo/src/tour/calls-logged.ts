import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceName } from '@roomkey/embedded-system';
import { expect } from './expect.ts';
import type { Guest } from './guests.ts';
import { isOwn, shorten, type Stage } from './step.ts';

/** A line of a service's request log, as far as it is looked at here. */
interface LogLine {
  readonly time: string;
  readonly replica: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly subject?: string;
  readonly actors?: readonly string[];
}

/** Logs are written in batches, twice a second. */
const LOGGED_WITHIN_MS = 10_000;
const POLL_MS = 50;

/**
 * Shows what services have logged of calls that were made for a guest, where their logs can be read: who acts for whom.
 *
 * @param actor the service that acts
 * @param calls at least so many of them there are
 */
export async function showCallsLogged(
  stage: Stage,
  guest: Guest,
  actor: string,
  calls: Readonly<Partial<Record<ServiceName, number>>>,
): Promise<void> {
  if (!isOwn(stage)) return;
  for (const [service, count] of Object.entries(calls)) {
    const replicas = stage.system.services.get(service as ServiceName) ?? [];
    const logFiles = replicas.map(({ logFile }) => logFile);
    for (const { replica, method, path, status, subject, actors = [] } of await untilLogged(
      logFiles,
      { subject: guest.id, actor },
      count,
    )) {
      expect(subject === guest.id, `${guest.id} as the subject`, String(subject));
      const who = `${actors.join(' for ')} acts for ${guest.name}`;
      stage.screen.detail(`the log of ${replica}: ${shorten(`${method} ${path}`)} → ${status}  ${who}`);
    }
  }
}

async function untilLogged(
  logFiles: readonly string[],
  { subject, actor }: { readonly subject: string; readonly actor: string },
  count: number,
): Promise<readonly LogLine[]> {
  const startedAt = Date.now();
  for (;;) {
    const logs = await Promise.all(logFiles.map((file) => readFile(file, 'utf8')));
    const calls = logs
      .flatMap((log) => log.split('\n'))
      .filter((line) => line.includes(subject) && line.includes('"actors"') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter(({ actors, path }) => path !== undefined && actors?.includes(actor));
    if (calls.length >= count) return calls.sort((a, b) => a.time.localeCompare(b.time));
    const waitedMs = Date.now() - startedAt;
    expect(waitedMs < LOGGED_WITHIN_MS, `${count} calls by ${actor} in a log`, String(calls.length));
    await wait(POLL_MS);
  }
}
