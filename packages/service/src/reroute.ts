import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** No route has it. */
const NOWHERE = '/refused';

/**
 * What the router refuses has no route, and so none of the hooks that make an answer one of ours. It is routed once more, as if to
 * a path that is not there: headers, CORS, counts and the line of the log are then those of every request.
 */
export class Reroute {
  readonly #refusals = new WeakMap<IncomingMessage, Error>();

  /** Sends a refused request to the handler of what is not found. */
  take(error: Error, { raw, server }: FastifyRequest, reply: FastifyReply): void {
    this.#refusals.set(raw, error);
    raw.originalUrl = raw.url;
    raw.url = NOWHERE;
    server.routing(raw, reply.raw);
  }

  /** Why the router refused this request; undefined if it did not. */
  reasonOf({ raw }: FastifyRequest): Error | undefined {
    return this.#refusals.get(raw);
  }
}

declare module 'node:http' {
  interface IncomingMessage {
    /** What was asked for, where `url` is something else: Fastify's name for it. */
    originalUrl?: string | undefined;
  }
}
