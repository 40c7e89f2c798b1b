import { setTimeout as delay } from 'node:timers/promises';
import { purgeClaims, type Outbox, type SecurityEventSigner, type Settlement } from './security-events.ts';

/** One poll of a service (RFC 8936 §2.4), for the audiences that it is. */
export interface EventPoll {
  readonly audiences: readonly string[];
  readonly settled: readonly Settlement[];
  readonly maxEvents: number;
  readonly returnImmediately: boolean;
  /** Aborted when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
}

export interface EventPage {
  /** `jti` → Security Event Token. */
  readonly sets: Readonly<Record<string, string>>;
  readonly moreAvailable: boolean;
}

/** Hands events out to the services that poll for them. */
export interface EventDelivery {
  poll(poll: EventPoll): Promise<EventPage>;
  /** There may be something to hand out: those who wait look. */
  wake(): void;
  /** Answers all who wait; from then on nobody does. */
  close(): void;
}

export interface EventDeliveryOptions {
  readonly outbox: Outbox;
  readonly signer: SecurityEventSigner;
  readonly issuer: string;
  /** How long an event is left to whoever took it; then another replica of the service gets it. */
  readonly redeliverySeconds: number;
  readonly now: () => Date;
}

/** Below what gateways wait for an answer. */
const HOLD_MS = 20_000;
/** What becomes due by time alone is found by looking this often. */
const LOOK_AGAIN_MS = 2_000;

export function createEventDelivery(options: EventDeliveryOptions): EventDelivery {
  const { outbox, signer, issuer, redeliverySeconds, now } = options;
  const closing = new AbortController();
  let woken = new AbortController();

  async function take({ audiences, maxEvents }: EventPoll): Promise<EventPage> {
    const at = now();
    const againAt = new Date(at.getTime() + redeliverySeconds * 1_000);
    const events = maxEvents === 0 ? [] : await outbox.take(audiences, maxEvents, at, againAt);
    const sets = events.map((event) => [
      event.id,
      signer.signSecurityEvent(purgeClaims(event, issuer, at), at),
    ]);
    return {
      sets: Object.fromEntries(sets) as EventPage['sets'],
      moreAvailable: maxEvents > 0 && events.length === maxEvents,
    };
  }

  return {
    async poll(poll) {
      if (poll.settled.length > 0) await outbox.settle(poll.audiences, poll.settled, now());
      const patience = AbortSignal.any([poll.gone, closing.signal, AbortSignal.timeout(HOLD_MS)]);
      for (;;) {
        // Taken before looking, so that what comes meanwhile wakes.
        const signal = AbortSignal.any([patience, woken.signal]);
        const page = await take(poll);
        const isDone = poll.returnImmediately || poll.maxEvents === 0 || Object.keys(page.sets).length > 0;
        if (isDone || patience.aborted) return page;
        await delay(LOOK_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    },
    wake() {
      woken.abort();
      woken = new AbortController();
    },
    close: () => closing.abort(),
  };
}
