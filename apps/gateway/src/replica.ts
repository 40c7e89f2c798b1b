import { ConnectionPool, type PoolTimeouts } from './upstream/connection-pool.ts';

/** One process that answers for a service: its connections, whether it may be asked, and how much it has to do. */
export class Replica {
  readonly origin: string;
  readonly pool: ConnectionPool;
  ready = false;
  inFlight = 0;
  /** Answers handed on, by first digit of the status. */
  readonly answers = [0, 0, 0, 0, 0, 0];
  /** Connections that failed or died before the answer was whole, and answers that came too late. */
  failures = 0;
  /** A request found this replica dead or dying: the health check looks at once. */
  onSuspicion: (() => void) | undefined;
  onReadyChange: ((replica: Replica) => void) | undefined;

  constructor(origin: string, timeouts: PoolTimeouts) {
    this.origin = origin;
    this.pool = new ConnectionPool(origin, timeouts);
  }

  get served(): number {
    return this.answers.reduce((sum, count) => sum + count, 0);
  }

  setReady(ready: boolean): void {
    if (ready === this.ready) return;
    this.ready = ready;
    this.onReadyChange?.(this);
  }

  /** Nobody listens there: no further request until a check has passed. */
  markDown(): void {
    this.failures += 1;
    this.setReady(false);
    this.onSuspicion?.();
  }

  /** A connection died under a request: the replica may be gone, or may have closed just this one. */
  markSuspect(): void {
    this.failures += 1;
    this.onSuspicion?.();
  }
}
