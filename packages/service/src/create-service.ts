import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import cors from '@fastify/cors';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from 'fastify';
import metrics from 'fastify-metrics';
import { admission } from './admission.ts';
import { answerHeaders } from './answer-headers.ts';
import { apiDescription } from './api-description.ts';
import { earlyAnswer } from './early-answer.ts';
import { bodies } from './bodies.ts';
import { corsHeadersForAnyone, crossOrigin } from './cross-origin.ts';
import { createErrorHandler, handleNotFound, MAX_PARAM_LENGTH } from './error-handling.ts';
import { health, type ReadinessCheck } from './health.ts';
import { createLog, RequestLog } from './logging.ts';
import { Problem } from './problem.ts';
import { rawProblem } from './raw-problem.ts';
import { RequestLogger } from './request-logger.ts';
import { Reroute } from './reroute.ts';
import { compileSerializer } from './serialization.ts';
import { compileValidator } from './validation.ts';

export interface ServiceOptions {
  /** Name of the service: first segment of its paths, label in logs and metrics. */
  readonly name: string;
  /** One sentence for the API description. */
  readonly description: string;
  /** Name of this replica; the host name with the process id unless given. */
  readonly replica?: string | undefined;
  /** pino's level; `silent` for tests. */
  readonly logLevel: string;
  /** `*` or exact origins, comma-separated (Fetch standard; security 137). */
  readonly corsOrigins: string;
  /** What must hold for the balancer to send requests here; each throws when it does not. */
  readonly readiness?: Readonly<Record<string, ReadinessCheck>>;
  /** Which faults mean that something this service needs is away: they become 503 instead of 500. */
  readonly isUnavailable?: (error: unknown) => boolean;
  /** What a fault of this service's own means to a client; undefined for those that are the service's alone. */
  readonly problemOf?: (error: unknown) => Problem | undefined;
  /** Comma-separated addresses or networks whose `X-Forwarded-For` counts; nobody's unless given (security 144). */
  readonly trustedProxies?: string | undefined;
  /** Base address of the collector that traces are sent to (OTLP over HTTP); without it there are none, and nothing is loaded. */
  readonly tracesTo?: string | undefined;
  /** Largest JSON body; 1 MiB unless given. */
  readonly maxBodyBytes?: number;
}

/** A Fastify instance with TypeBox types, as every service of the system stands. */
export type Service = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const UNKNOWN_EXPECTATION = new Problem(
  'bad-request',
  'Nothing but 100-continue can be expected here; leave the Expect header out.',
);

/**
 * Builds the shell of a service: limits, problems, CORS, security headers, request log, metrics, health, API description.
 * It holds no word of any domain; the service registers its routes on what it gets.
 *
 * @throws when a plugin cannot be registered; never for a client's sake
 */
export async function createService(options: ServiceOptions): Promise<Service> {
  const replica = options.replica ?? `${hostname()}-${pid}`;
  const log = createLog(options.name, replica, options.logLevel);
  const { logger } = log;
  const loggerInstance: FastifyBaseLogger = logger;
  const reroute = new Reroute();
  const rawHeaders = { 'x-served-by': replica, ...corsHeadersForAnyone(options.corsOrigins) };
  const app = fastify({
    loggerInstance,
    logController: new RequestLog(),
    // A route that is quieter than the service has a logger of its own, by the level it says.
    childLoggerFactory: (_logger, bindings, own) =>
      own.level === undefined ? new RequestLogger(log, bindings) : logger.child(bindings, own),
    genReqId: requestId,
    trustProxy: options.trustedProxies ?? false,
    bodyLimit: options.maxBodyBytes ?? 1024 * 1024,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // A missing Host is refused by `admission`, with a problem.
    http: { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requireHostHeader: false },
    // So is what comes while the service closes.
    return503OnClosing: false,
    clientErrorHandler(error, socket) {
      const refusal = rawProblem(error, socket, rawHeaders);
      if (refusal === undefined) return;
      const { requestId: reqId, status, code } = refusal;
      log.writeInfo({ reqId }, { status, code, msg: 'request' });
    },
    frameworkErrors: (error, request, reply) => reroute.take(error, request.server, request.raw, reply.raw),
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.server.on('checkExpectation', (request, response) =>
    reroute.take(UNKNOWN_EXPECTATION, app, request, response),
  );

  const handleError = createErrorHandler(options);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) => {
    const reason = reroute.reasonOf(request);
    if (reason === undefined) handleNotFound(request, reply);
    else handleError(reason, request, reply);
  });
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(compileSerializer);

  app.decorate('replica', replica);
  app.decorate('draining', false);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-served-by', replica).headers(answerHeaders(request.id));
    done();
  });

  if (options.tracesTo !== undefined) {
    const { tracing } = await import('./tracing.ts');
    await app.register(tracing, { name: options.name, replica, endpoint: options.tracesTo });
  }
  await app.register(earlyAnswer);
  await app.register(bodies);
  await app.register(cors, crossOrigin(options.corsOrigins));
  await app.register(metrics.default, {
    clearRegisterOnInit: true,
    defaultMetrics: {
      enabled: true,
      labels: { service: options.name, replica },
      // In milliseconds. Looks every 10 and every 100, as is usual, are most of what a service costs that has nothing to do.
      eventLoopMonitoringPrecision: 100,
      eventLoopUtilizationTimeout: 1_000,
    },
    endpoint: {
      url: '/metrics',
      method: 'GET',
      schema: { hide: true },
      logLevel: 'silent',
      handler: () => undefined,
    },
    routeMetrics: {
      enabled: { histogram: true, summary: false },
      routeBlacklist: ['/healthz', '/readyz', '/metrics'],
      overrides: { histogram: { buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5] } },
    },
  });
  await app.register(admission);
  await app.register(health, { checks: options.readiness ?? {}, isDraining: () => app.draining });
  await app.register(apiDescription, { name: options.name, description: options.description });
  return app;
}

function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(given) ? given : randomUUID();
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Name of this replica. */
    replica: string;
    /** True once shutdown has begun: readiness fails, requests in flight finish. */
    draining: boolean;
  }
}
