import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange, type ExchangeContext } from './exchange.ts';
import type { ProblemAnswer } from './problem-answer.ts';
import { readRequestHead } from './request-head.ts';
import type { RouteTable } from './route-table.ts';
import { operationalPage, type GatewayState } from './status.ts';

/** Without CONNECT, which would make a tunnel of the gateway, and TRACE, which would make it a mirror of headers. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const passedMethods: ReadonlySet<string> = new Set(METHODS);

const ODD_TARGET: ProblemAnswer = {
  slug: 'bad-request',
  detail: 'The path must be plain: absolute, no empty or dot segments, no encoded dot or backslash, no "#".',
};
const UNKNOWN_TARGET: ProblemAnswer = { slug: 'not-found', detail: 'No service has this path.' };
const WRONG_METHOD: ProblemAnswer = {
  slug: 'method-not-allowed',
  detail: `This method is not passed on; use one of ${METHODS.join(', ')}.`,
  headers: { allow: METHODS.join(', ') },
};
const NEEDLESS_BODY: ProblemAnswer = { slug: 'bad-request', detail: 'GET and HEAD carry no body.' };
const FULL: ProblemAnswer = {
  slug: 'unavailable',
  detail: 'Too many requests to this service are in flight; try again in a moment.',
  headers: { 'retry-after': '1' },
};

/** Decides what becomes of a request: an exchange with a service, a page of the gateway's own, or a refusal. */
export function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
  routes: RouteTable,
  context: ExchangeContext,
  state: GatewayState,
): void {
  const { rawHeaders, httpVersionMinor, socket, method = '', url = '' } = request;
  const head = readRequestHead(rawHeaders, httpVersionMinor === 0, addressOf(socket.remoteAddress));
  if ('fault' in head) {
    state.problems.write(request, response, randomUUID(), { slug: 'bad-request', detail: head.fault });
    return;
  }
  const service = routes.find(url);
  const page = service === 'unknown' ? operationalPage(url, state) : undefined;
  if (page !== undefined && (method === 'GET' || method === 'HEAD')) {
    page(response);
    return;
  }
  const refuse = (answer: ProblemAnswer): void =>
    state.problems.write(request, response, head.requestId, answer);
  if (service === 'odd') refuse(ODD_TARGET);
  else if (!passedMethods.has(method)) refuse(WRONG_METHOD);
  else if (service === 'unknown') refuse(UNKNOWN_TARGET);
  else if (head.hasBody && (method === 'GET' || method === 'HEAD')) refuse(NEEDLESS_BODY);
  else if (service.inFlight >= service.maxInFlight) refuse(FULL);
  else new Exchange(request, response, service, head, context, expectsContinue).start();
}

/** An IPv4 client seen through an IPv6 socket is an IPv4 client. */
function addressOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
