import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { connect as connectTls } from 'node:tls';
import { afterArrivals } from '../late.ts';
import { Connection, type ConnectionOwner } from './connection.ts';

export interface PoolTimeouts {
  /** To connect. */
  readonly connectMs: number;
  /** From the last byte of a request to the head of its answer; to its end where it is held until then. */
  readonly answerMs: number;
}

/** Who wants a connection. */
export interface Waiter {
  /** To be used at once with `send`, or given back with `giveBack`. */
  onConnection(connection: Connection): void;
  /** None could be made: nothing was written. */
  onUnreachable(): void;
}

/** Below the 5 s that Node's servers keep an idle connection: nothing is sent into one that is just being closed. */
const MAX_IDLE_MS = 4_000;
/** So much earlier than the replica says it would close. */
const IDLE_MARGIN_MS = 1_000;
const MAX_SWEEP_MS = 500;
/**
 * All connections read into it, one after the other: a buffer for each read, which is what a stream makes, costs more than the
 * reading. What has to outlive the call that was told of it is copied there.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** The connections to one replica: as many as there are requests in flight, which are bounded per service. */
export class ConnectionPool implements ConnectionOwner {
  readonly #host: string;
  readonly #port: number;
  readonly #isSecure: boolean;
  readonly #timeouts: PoolTimeouts;
  /** The one used last comes last, and is used next: the others grow old and are closed. */
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #connecting = new Set<Socket>();
  #sweeping: NodeJS.Timeout | undefined;

  /** @param origin such as `http://127.0.0.1:4001` */
  constructor(origin: string, timeouts: PoolTimeouts) {
    const { protocol, hostname, port } = new URL(origin);
    this.#isSecure = protocol === 'https:';
    this.#host = hostname.replaceAll(/[[\]]/g, '');
    this.#port = Number(port || (this.#isSecure ? 443 : 80));
    this.#timeouts = timeouts;
  }

  acquire(waiter: Waiter): void {
    const idle = this.#takeIdle();
    if (idle === undefined) this.#open(waiter);
    else waiter.onConnection(idle);
  }

  giveBack(connection: Connection): void {
    connection.usedAtMs = performance.now();
    this.#idle.push(connection);
  }

  destroy(): void {
    for (const connection of this.#all) connection.abort();
    for (const socket of this.#connecting) socket.destroy();
  }

  onIdle(connection: Connection): void {
    this.#idle.push(connection);
  }

  onClosed(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    if (this.#all.size === 0) {
      clearInterval(this.#sweeping);
      this.#sweeping = undefined;
    }
  }

  #takeIdle(): Connection | undefined {
    const nowMs = performance.now();
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (connection.isUsable && !isOld(connection, nowMs)) return connection;
      connection.abort();
    }
  }

  #open(waiter: Waiter): void {
    let connection: Connection | undefined;
    const onread = {
      buffer: READ_BUFFER,
      callback: (size: number): boolean => {
        // As little to be trusted as one that speaks unasked later.
        if (connection === undefined) socket.destroy();
        else connection.receive(READ_BUFFER.subarray(0, size));
        return true;
      },
    };
    const target = { host: this.#host, port: this.#port, noDelay: true, onread };
    const socket = this.#isSecure ? connectTls(target) : connect(target);
    const connected = this.#isSecure ? 'secureConnect' : 'connect';
    this.#connecting.add(socket);
    const giveUp = (): void => {
      if (this.#connecting.has(socket)) socket.destroy();
    };
    const late = setTimeout(() => afterArrivals(giveUp), this.#timeouts.connectMs);
    const settle = (): void => {
      clearTimeout(late);
      this.#connecting.delete(socket);
      socket.off(connected, onConnect).off('close', onClose);
    };
    const onConnect = (): void => {
      settle();
      connection = new Connection(socket, this);
      this.#all.add(connection);
      this.#sweeping ??= setInterval(
        () => afterArrivals(() => this.#sweep()),
        Math.min(MAX_SWEEP_MS, Math.ceil(this.#timeouts.answerMs / 4)),
      ).unref();
      waiter.onConnection(connection);
    };
    const onClose = (): void => {
      settle();
      waiter.onUnreachable();
    };
    // What failed does not matter: `close` follows.
    socket.on('error', () => undefined);
    socket.on(connected, onConnect).on('close', onClose);
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const connection of this.#idle.filter((one) => isOld(one, nowMs))) connection.abort();
    for (const connection of this.#all)
      if (connection.isWaiting && nowMs - connection.usedAtMs > this.#timeouts.answerMs) connection.expire();
  }
}

function isOld({ usedAtMs, keepAliveSeconds = Infinity }: Connection, nowMs: number): boolean {
  return nowMs - usedAtMs >= Math.min(MAX_IDLE_MS, keepAliveSeconds * 1_000 - IDLE_MARGIN_MS);
}
