import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, problemBody, slugOfStatus, type ProblemSlug } from './problem.ts';

interface Answer {
  readonly slug: ProblemSlug;
  readonly detail: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What faults below the routes mean to a client. */
interface FaultMeanings {
  readonly isUnavailable?: ((error: unknown) => boolean) | undefined;
  readonly problemOf?: ((error: unknown) => Problem | undefined) | undefined;
}

/** UTF-16 units of one parameter of a path. */
export const MAX_PARAM_LENGTH = 256;

/** Where Fastify's own sentence does not say what would be right, or repeats what was sent. */
const SENTENCES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    'The Content-Type of this body is not taken here; the API description names those that are.',
  FST_ERR_CTP_INVALID_JSON_BODY:
    'The body is not valid JSON, or has a member named __proto__ or constructor.',
  FST_ERR_BAD_URL: 'The path is not one: each "%" begins the escape of a byte of UTF-8.',
  FST_ERR_MAX_PARAM_LENGTH: `A part of the path is too long: at most ${MAX_PARAM_LENGTH} characters are taken.`,
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty; send JSON.',
};

/**
 * Builds the one error handler of a service: expected problems and client errors keep their sentence, a store that is away
 * becomes 503, everything else 500 with nothing but the request id; the cause goes to the log alone.
 */
export function createErrorHandler({
  isUnavailable = () => false,
  problemOf = () => undefined,
}: FaultMeanings) {
  return function handleError(
    error: FastifyError | Error,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const answer = answerOf(problemOf(error) ?? error, request, isUnavailable);
    const body = problemBody(answer.slug, answer.detail, request.id);
    if (body.status >= 500) request.log.error({ err: error }, 'request failed');
    if (answer.headers) void reply.headers(answer.headers);
    sendProblem(reply, body);
  };
}

function tooLarge({ routeOptions }: FastifyRequest): Answer {
  return {
    slug: 'payload-too-large',
    detail: `The body is too large: at most ${routeOptions.bodyLimit} bytes are taken.`,
  };
}

function answerOf(
  error: FastifyError | Error,
  request: FastifyRequest,
  isUnavailable: (error: unknown) => boolean,
): Answer {
  if (error instanceof Problem) return { slug: error.slug, detail: error.message, headers: error.headers };
  if (isUnavailable(error)) {
    return {
      slug: 'unavailable',
      detail: 'A part this service needs is away; try again.',
      headers: { 'retry-after': '1' },
    };
  }
  if ('validation' in error && error.validation)
    return { slug: 'invalid-request', detail: validationSentence(error) };
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  if (status >= 400 && status < 500) {
    const code = 'code' in error ? error.code : '';
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(request);
    return { slug: slugOfStatus(status), detail: SENTENCES[code] ?? error.message };
  }
  if (status === 503) return { slug: 'unavailable', detail: undefined, headers: { 'retry-after': '1' } };
  return { slug: 'internal', detail: undefined };
}

function validationSentence(error: FastifyError): string {
  const [first] = error.validation ?? [];
  const { additionalProperty: extra, allowedValues: allowed } = first?.params ?? {};
  if (typeof extra === 'string') return `${error.message}: "${extra.slice(0, 64)}" is not known here`;
  return Array.isArray(allowed) ? `${error.message}: ${allowed.join(', ')}` : error.message;
}

export function handleNotFound(request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, problemBody('not-found', 'No route has this method and path.', request.id));
}

/** A request that found its way here although nobody is to come any more: no fault, and so no line but its own. */
export function handleClosing(request: FastifyRequest, reply: FastifyReply): void {
  const body = problemBody('unavailable', 'This replica is closing; send it again.', request.id);
  // That the connection ends, Fastify says itself.
  sendProblem(reply.header('retry-after', '1'), body);
}

function sendProblem(reply: FastifyReply, body: ReturnType<typeof problemBody>): void {
  void reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
}
