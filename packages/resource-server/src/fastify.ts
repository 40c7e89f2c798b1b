import { performance } from 'node:perf_hooks';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
} from 'fastify';
import fp from 'fastify-plugin';
import { bearerCredentials, CHALLENGES, insufficientScope } from './bearer.ts';
import { isVerifierFault, type Principal } from './verdict.ts';
import { showVerifierMetrics, type MetricsClient } from './verifier-metrics.ts';
import type { Verifier } from './verifier.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request: set on every route that names a scope; `null` where that is `anonymous` and no token came. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** The scope a token needs for this route. */
    scope?: string;
    /** Said of a route with a scope that lets in requests without any credentials too; a token that comes is judged as ever. */
    anonymous?: true;
    /** Said of a route that asks for no token. */
    public?: true;
  }
}

export interface BearerAuthOptions {
  readonly verifier: Verifier;
  /** Tell in a `Server-Timing` header how long the check took; off unless said. */
  readonly serverTiming?: boolean;
}

/** A refusal on its way out: Fastify's default error handler answers it well, a service's own may dress it. */
class BearerError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** RFC 6749 §3.3, one scope: nothing in it can end the quoted text of a challenge. */
const SCOPE = /^[!#-[\]-~]+$/;

/**
 * Asks for an access token on every route registered after it. A route says `config: { scope: '…' }` or
 * `config: { public: true }`; one that says neither cannot be registered, so none is left open by being forgotten.
 *
 * Answers 401 with an RFC 6750 challenge without a valid token, 400 for a malformed header, 403 `insufficient_scope` without
 * the scope, and 503 when the verifier's view of the issuer is too old to judge by. Every log line of a request says its
 * `subject`, `client` and, where somebody acts for the subject, `actors`. What the verifier counts shows in the
 * metrics of `fastify-metrics` where that is registered before.
 */
export const bearerAuth = fp<BearerAuthOptions>(
  async (app, { verifier, serverTiming = false }) => {
    app.decorateRequest('principal', null as unknown as Principal);

    const metrics = metricsClient(app);
    if (metrics) showVerifierMetrics(verifier, metrics);

    app.addHook('onRoute', (route) => {
      const config = route.config ?? {};
      if (!saysWhoMayCome(config))
        throw new Error(`${String(route.method)} ${route.url} must say either config.scope or config.public`);
      const { scope, anonymous = false } = config;
      if (scope === undefined) return;
      const door: onRequestHookHandler = (request, reply, done) =>
        done(admit(request, reply, scope, anonymous));
      route.onRequest = [door, ...[route.onRequest ?? []].flat()];
    });

    function admit(
      request: FastifyRequest,
      reply: FastifyReply,
      scope: string,
      anonymous: boolean,
    ): BearerError | undefined {
      const credentials = bearerCredentials(request.raw.rawHeaders);
      if (credentials.kind === 'none' && anonymous) return undefined;
      if (credentials.kind === 'none')
        return challenge(reply, 401, CHALLENGES.none, 'Send an access token: Authorization: Bearer …');
      if (credentials.kind === 'malformed') {
        return challenge(
          reply,
          400,
          CHALLENGES.malformed,
          'Send exactly one Authorization header of the form: Bearer <token>',
        );
      }
      const startedAt = serverTiming ? performance.now() : 0;
      const verdict = verifier.verify(credentials.token);
      if (serverTiming) {
        const known = verdict.ok && verdict.cached ? 'known' : 'new';
        void reply.header(
          'server-timing',
          `verify;dur=${(performance.now() - startedAt).toFixed(3)};desc="${known}"`,
        );
      }
      if (verdict.ok) {
        request.principal = verdict.principal;
        nameInLog(request.log, verdict.principal);
        return verdict.principal.scopes.includes(scope)
          ? undefined
          : challenge(
              reply,
              403,
              insufficientScope(scope),
              `This needs the scope ${scope}, which your access token does not have.`,
            );
      }
      request.log.info({ reason: verdict.reason }, 'token refused');
      if (isVerifierFault(verdict.reason)) {
        void reply.header('retry-after', '1').header('cache-control', 'no-store');
        return new BearerError(503, 'The service cannot judge tokens right now.');
      }
      return challenge(reply, 401, CHALLENGES.invalid, 'Your access token is not valid here, or no longer.');
    }
  },
  { name: '@roomkey/resource-server', fastify: '5.x' },
);

/** From here on every line of the request says who asks, and who acts for whom: ids alone, never a token. */
function nameInLog(log: BindableLog, { subject, clientId, actors }: Principal): void {
  // A logger that is switched off has nothing to bind.
  log.setBindings?.({ subject, client: clientId, ...(actors.length > 0 && { actors }) });
}

/** pino's child logger of the request, the same one that its reply has. */
type BindableLog = FastifyBaseLogger & { setBindings?(bindings: Readonly<Record<string, unknown>>): void };

function challenge(reply: FastifyReply, status: number, value: string, detail: string): BearerError {
  void reply.header('www-authenticate', value).header('cache-control', 'no-store');
  return new BearerError(status, detail);
}

/** Not everybody has a compiler: what is said is held against what may be said. */
function saysWhoMayCome({
  scope,
  anonymous,
  public: isPublic,
}: Readonly<Partial<Record<'scope' | 'anonymous' | 'public', unknown>>>): boolean {
  if (isPublic !== undefined) return isPublic === true && scope === undefined && anonymous === undefined;
  return typeof scope === 'string' && SCOPE.test(scope) && (anonymous === undefined || anonymous === true);
}

function metricsClient(app: FastifyInstance): MetricsClient | undefined {
  return app.hasDecorator('metrics')
    ? (app as unknown as { metrics: { client?: MetricsClient } }).metrics.client
    : undefined;
}
