import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** No route has it. */
const NOWHERE = '/refused';

/**
 * What the router refuses, or never gets to see, has no route, and so none of the hooks that make an answer one of ours. It is
 * routed (once more), as if to a path that is not there: headers, CORS, counts and the line of the log are then those of every request.
 */
export class Reroute {
  readonly #refusals = new WeakMap<IncomingMessage, Error>();

  /** Sends a refused request to the handler of what is not found. */
  take(
    error: Error,
    app: Pick<FastifyInstance, 'routing'>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    this.#refusals.set(request, error);
    request.originalUrl = request.url;
    request.url = NOWHERE;
    // Its body may never come, and is not what is wrong with it: it is not waited for.
    delete request.headers['content-type'];
    delete request.headers['content-length'];
    delete request.headers['transfer-encoding'];
    app.routing(request, response);
  }

  /** Why this request was refused; undefined if it was not. */
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
