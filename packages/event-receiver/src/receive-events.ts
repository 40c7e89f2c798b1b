import { setTimeout as delay } from 'node:timers/promises';
import type { IssuerKnowledge } from '@roomkey/resource-server';
import { callService, type ServiceToken, type TokenClient } from '@roomkey/token-client';
import type { Counts } from './erase-subject.ts';
import { verifySecurityEvent, type Subject } from './security-event.ts';

export interface EventReceiverOptions {
  /** Where the desk's events are polled for (RFC 8936). */
  readonly pollUrl: string;
  /** The desk's resource identifier: the audience of this service's own token for polling. */
  readonly deskResource: string;
  readonly tokens: TokenClient;
  /** The desk, as this service knows it: its keys verify the events. */
  readonly view: IssuerKnowledge;
  /** This service's resource identifier: the audience of its events. */
  readonly audience: string;
  /**
   * Erases all that this service has of a subject, and resolves when that cannot come back. It is called again for the same
   * subject, also at the same time, and then says the same.
   */
  readonly erase: (subject: Subject) => Promise<Counts>;
  /** Told what was erased, and what goes wrong and is tried again. */
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

export interface EventReceiver {
  /** Stops; resolves when an erasure that is under way has ended. */
  close(): Promise<void>;
}

/** What the next poll says of the events of the one before. */
interface Settled {
  readonly ack: string[];
  readonly erased: Record<string, Counts>;
  readonly setErrs: Record<string, { readonly err: string; readonly description: string }>;
}

/** The desk's, for this. */
const SCOPE = 'events';
/** The desk holds a poll for 20 s when there is nothing. */
const POLL_TIMEOUT_MS = 25_000;
const MAX_EVENTS = 10;
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 5_000;

/**
 * Polls the desk for accounts that are to be erased, erases them and says so, until closed. Replicas may all do this: the desk
 * gives an event to one of them, and to another when it hears nothing of it for a while.
 */
export function receiveEvents(options: EventReceiverOptions): EventReceiver {
  const { tokens, deskResource, view, audience, erase, log } = options;
  const token = tokens.clientCredentials({ resource: deskResource, scope: SCOPE });
  const closing = new AbortController();
  const { signal } = closing;
  const closed = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

  async function run(): Promise<void> {
    let settled = nothing();
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        // Nobody waits for a poll that the desk holds.
        const sets = await Promise.race([poll(options.pollUrl, token, settled), closed]);
        if (sets === undefined) return;
        settled = nothing();
        for (const [id, set] of Object.entries(sets)) await settle(id, set, settled);
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        // What was settled is said again: the desk may not have heard it.
        if (pauseMs === FIRST_PAUSE_MS) log.warn({ err: error }, 'the desk cannot be asked for events');
        await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
      }
    }
  }

  async function settle(id: string, set: string, settled: Settled): Promise<void> {
    if (signal.aborted) return;
    const verdict = verifySecurityEvent(set, { view, audience, nowMs: Date.now() });
    if (!verdict.ok || verdict.id !== id) {
      const { err, description } = verdict.ok ? OTHER_ID : verdict;
      settled.setErrs[id] = { err, description };
      return log.warn({ jti: id, description }, 'an event of the desk is not believed');
    }
    try {
      const counts = await erase(verdict.purged);
      settled.ack.push(id);
      settled.erased[id] = counts;
      log.info({ ...verdict.purged, counts }, 'an account was erased');
    } catch (error) {
      // Not acknowledged, so that it comes again.
      log.warn({ err: error, jti: id }, 'an account is not erased yet');
    }
  }

  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

const OTHER_ID = { err: 'invalid_request', description: 'It came under another jti.' };

const nothing = (): Settled => ({ ack: [], erased: {}, setErrs: {} });

/** One poll (RFC 8936 §2.4). @throws when it is not answered as it should be */
async function poll(
  pollUrl: string,
  token: ServiceToken,
  settled: Settled,
): Promise<Readonly<Record<string, string>>> {
  const answer = await callService(
    pollUrl,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ maxEvents: MAX_EVENTS, ...settled }),
    },
    { token, timeoutMs: POLL_TIMEOUT_MS },
  );
  if (!answer.ok)
    throw new Error(`no answer: ${answer.kind}`, { cause: 'cause' in answer ? answer.cause : answer });
  if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
  const { sets } = JSON.parse(answer.body.toString()) as { sets?: unknown };
  const isMap = typeof sets === 'object' && sets !== null && !Array.isArray(sets);
  if (!isMap || !Object.values(sets).every((set) => typeof set === 'string'))
    throw new Error('answered with something else than sets');
  return sets as Readonly<Record<string, string>>;
}
