import type { FastifyCorsOptions } from '@fastify/cors';

const EXPOSED_HEADERS = [
  'ETag',
  'Location',
  'Retry-After',
  'Server-Timing',
  'WWW-Authenticate',
  'X-Request-Id',
  'X-Served-By',
];

/**
 * How scripts of other origins may use a service: with tokens that they hold, never with credentials that a browser adds.
 *
 * @param origins `*` or exact origins, comma-separated (Fetch standard; security 137)
 */
export function crossOrigin(origins: string): FastifyCorsOptions {
  return {
    origin: allowedOrigin(origins),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'If-Match',
      'If-None-Match',
      'Idempotency-Key',
      'Last-Event-ID',
    ],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
    credentials: false,
    // An OPTIONS that is no preflight is a request like any other, to a route that is not there.
    strictPreflight: false,
  };
}

/** For what the parser refused, whose origin nobody knows: where only some may read, none does. */
export function corsHeadersForAnyone(origins: string): Readonly<Record<string, string>> {
  if (origins !== '*') return {};
  return {
    'access-control-allow-origin': '*',
    'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
  };
}

function allowedOrigin(setting: string) {
  if (setting === '*') return '*';
  const origins = new Set(setting.split(',').map((origin) => origin.trim()));
  return (origin: string | undefined, decide: (error: Error | null, allow: string | false) => void) =>
    decide(null, origin !== undefined && origins.has(origin) ? origin : false);
}
