import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Service } from './balancer.ts';
import type { Settings } from './config.ts';
import type { Exchange, ExchangeContext } from './exchange.ts';
import { startHealthCheck } from './health-check.ts';
import { ProblemWriter, type ProblemAnswer } from './problem-answer.ts';
import type { Refusal } from './refusal-log.ts';
import { Replica } from './replica.ts';
import { handleRequest } from './request-handler.ts';
import { RouteTable } from './route-table.ts';
import type { GatewayState } from './status.ts';

export interface GatewayHooks {
  /** A replica became ready, or is no longer. */
  readonly onReadyChange?: (service: string, origin: string, ready: boolean) => void;
  /** A request was answered with a problem by the gateway itself. */
  readonly onRefusal?: (refusal: Refusal) => void;
}

/** The load balancer: listen on `server`; `close` lets requests in flight finish, within a bound. */
export interface Gateway {
  readonly server: Server;
  readonly close: () => Promise<void>;
}

const IDLE_SWEEP_MS = 50;

const UNKNOWN_EXPECTATION: ProblemAnswer = {
  slug: 'bad-request',
  detail: 'Nothing but 100-continue can be expected here; leave the Expect header out.',
};

export function createGateway(
  settings: Settings,
  { onReadyChange, onRefusal = () => undefined }: GatewayHooks = {},
): Gateway {
  const services = [...settings.UPSTREAMS].map(([name, origins]) => createService(name, origins, settings));
  const replicas = services.flatMap((service) => service.replicas);
  const problems = new ProblemWriter(settings.CORS_ORIGINS, onRefusal);
  const state: GatewayState = { services, problems, isDraining: false };
  const routes = new RouteTable(services);

  for (const { name, replicas: own } of services) {
    for (const replica of own)
      replica.onReadyChange = ({ origin, ready }) => onReadyChange?.(name, origin, ready);
  }
  const stopChecks = replicas.map((replica) =>
    startHealthCheck(replica, {
      intervalMs: settings.HEALTH_INTERVAL_MS,
      timeoutMs: settings.HEALTH_TIMEOUT_MS,
    }),
  );

  const connections = new WeakMap<Duplex, ExchangeContext>();
  const contextOf = (socket: Duplex): ExchangeContext => {
    let context = connections.get(socket);
    if (context === undefined) {
      const open = new Set<Exchange>();
      context = { problems, open, isDraining: () => state.isDraining, last: undefined };
      connections.set(socket, context);
      socket.once('close', () => {
        for (const exchange of open) exchange.clientGone();
      });
    }
    return context;
  };

  const server = createServer({
    maxHeaderSize: settings.MAX_HEADER_BYTES,
    headersTimeout: settings.HEADERS_TIMEOUT_MS,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: settings.IDLE_TIMEOUT_MS,
    optimizeEmptyRequests: true,
    insecureHTTPParser: false,
    // readRequestHead refuses a missing Host like any other bad one, with a problem.
    requireHostHeader: false,
  });
  server.maxConnections = settings.MAX_CONNECTIONS;
  // Node would drop headers beyond a count without a word; the byte limit and readRequestHead's count refuse instead.
  server.maxHeadersCount = 0;
  server.timeout = settings.IDLE_TIMEOUT_MS;
  const handle = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const context = contextOf(request.socket);
    context.last = response;
    handleRequest(request, response, expectsContinue, routes, context, state);
  };
  server
    .on('request', (request, response) => handle(request, response, false))
    .on('checkContinue', (request, response) => handle(request, response, true))
    .on('checkExpectation', (request, response) => {
      contextOf(request.socket).last = response;
      problems.write(request, response, randomUUID(), UNKNOWN_EXPECTATION);
    })
    .on('timeout', (socket) => {
      // Nothing moved for the idle time. A quiet stream is alive; a client that takes no bytes, or asks nothing, is not.
      if (contextOf(socket).open.size === 0 || socket.writableLength > 0) socket.destroy();
      else socket.setTimeout(settings.IDLE_TIMEOUT_MS);
    })
    .on('clientError', (error, socket) => {
      if (mayAnswerMalformed(contextOf(socket))) problems.writeRaw(error, socket as Socket);
      else socket.destroy();
    });

  const close = async (): Promise<void> => {
    state.isDraining = true;
    await delay(settings.DRAIN_MS);
    const closed = new Promise((resolve) => server.close(resolve));
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    const bound = setTimeout(() => server.closeAllConnections(), settings.SHUTDOWN_TIMEOUT_MS);
    await closed;
    clearInterval(sweep);
    clearTimeout(bound);
    for (const stop of stopChecks) stop();
    for (const { pool } of replicas) pool.destroy();
  };
  return { server, close };
}

function createService(name: string, origins: readonly string[], settings: Settings): Service {
  const timeouts = { connectMs: settings.CONNECT_TIMEOUT_MS, answerMs: settings.ANSWER_TIMEOUT_MS };
  return new Service(
    name,
    origins.map((origin) => new Replica(origin, timeouts)),
    settings.MAX_IN_FLIGHT,
  );
}

/**
 * Whether the parser's complaint can be answered: between two exchanges, or in place of the only answer still due. In the
 * middle of an answer it would be read as part of it, after one as the answer to the next request.
 */
function mayAnswerMalformed({ last, open }: ExchangeContext): boolean {
  if (last === undefined) return true;
  return last.headersSent ? last.writableFinished && last.req.complete : open.size === 1;
}
