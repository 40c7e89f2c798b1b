import { setTimeout as pause } from 'node:timers/promises';

export interface Asked {
  readonly method?: string;
  readonly card?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const PATIENCE_MS = 40_000;
const RETRY_MS = 50;

/** Somebody who asks through the gateway and must be ready for an answer that does not come. */
export class Visitor {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** @returns undefined where no answer came, or one that broke off: nothing is known then */
  async ask(
    path: string,
    { method = 'GET', card, headers, json, bytes }: Asked = {},
  ): Promise<Reply | undefined> {
    try {
      const answer = await fetch(`${this.#origin}${path}`, {
        method,
        headers: {
          ...(card !== undefined && { authorization: `Bearer ${card}` }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        body: json === undefined ? (bytes ?? null) : JSON.stringify(json),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return {
        status: answer.status,
        headers: answer.headers,
        body: Buffer.from(await answer.arrayBuffer()),
      };
    } catch {
      return undefined;
    }
  }

  /** Asks again until somebody decides: for what may be repeated. @throws when nobody does */
  async insist(path: string, asked: Asked = {}): Promise<Reply> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const reply = await this.ask(path, asked);
      const seen = reply?.status ?? 'no answer';
      if (isDecided(reply)) return reply;
      if (Date.now() > deadline) throw new Error(`${asked.method ?? 'GET'} ${path}: ${seen} for too long`);
      await pause(RETRY_MS);
    }
  }
}

/** Whether a service has answered, yes or no; else the request may or may not have been carried out. */
export function isDecided(reply: Reply | undefined): reply is Reply {
  return reply !== undefined && reply.status < 500;
}

/** What is in it is for the caller to say. */
export const jsonOf = ({ body }: Reply): unknown => JSON.parse(body.toString());
