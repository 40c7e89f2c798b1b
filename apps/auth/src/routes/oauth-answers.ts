import type { Problem, Service } from '@roomkey/service';
import type { FastifyError, FastifyReply } from 'fastify';
import { addressPrefix } from '../domain/address.ts';
import type { LeasedLimit } from '../domain/limits.ts';
import { slowDown, type OAuthErrorCode, type OAuthRefusal } from '../domain/oauth-error.ts';

/** Longest form body in bytes: an assertion, a subject token and an actor token fit. */
const MAX_FORM_BYTES = 64 * 1024;

const STATUS: Partial<Record<OAuthErrorCode, number>> = {
  invalid_client: 401,
  slow_down: 429,
  temporarily_unavailable: 503,
};

/** What every OAuth endpoint needs besides its own. */
export interface OAuthEndpointOptions {
  /** Which faults mean that the database is away. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Requests from one network. */
  readonly requests: LeasedLimit;
  readonly now: () => Date;
}

/**
 * Makes the routes of a scope OAuth endpoints: form bodies and nothing else, a limit per network before anything is computed,
 * and RFC 6749 §5.2 errors whatever goes wrong.
 */
export function asOAuthEndpoints(app: Service, { isUnavailable, requests, now }: OAuthEndpointOptions): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_request, body, done) => done(null, body),
  );
  app.addHook('onRequest', async (request, reply) => {
    const wait = await requests.take(addressPrefix(request.ip), now());
    return wait === undefined ? undefined : sendRefusal(reply, slowDown(wait));
  });
  app.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    const status = error.statusCode ?? 500;
    if (isUnavailable(error) || status === 503) {
      request.log.error({ err: error }, 'request failed');
      return sendRefusal(reply, { ...UNAVAILABLE, retryAfterSeconds: 1 });
    }
    if (status >= 400 && status < 500)
      return sendOAuthError(reply, status === 413 ? 413 : 400, 'invalid_request', REQUEST_FAULT);
    request.log.error({ err: error }, 'request failed');
    return sendOAuthError(reply, 500, 'server_error', `Something went wrong on our side: ${request.id}`);
  });
}

const REQUEST_FAULT = 'Send a form: POST, Content-Type application/x-www-form-urlencoded, at most 64 KiB.';
const UNAVAILABLE = {
  ok: false,
  error: 'temporarily_unavailable',
  description: 'A part this service needs is away; try again.',
} as const;

export function sendRefusal(reply: FastifyReply, refusal: OAuthRefusal): FastifyReply {
  const { error, description, retryAfterSeconds } = refusal;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  const status = STATUS[error] ?? 400;
  if (status === 401)
    void reply.header('www-authenticate', challengeFor(reply.request.headers.authorization));
  return sendOAuthError(reply, status, error, description);
}

/** RFC 6749 §5.2: a client that tried the Authorization header is answered in the scheme it used. */
function challengeFor(authorization: string | undefined): string {
  return /^basic\b/i.test(authorization ?? '')
    ? 'Basic realm="clients authenticate with private_key_jwt"'
    : 'Bearer';
}

function sendOAuthError(
  reply: FastifyReply,
  status: number,
  error: string,
  description: string,
): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .send({ error, error_description: description });
}
