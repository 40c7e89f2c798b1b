import type { IncomingHttpHeaders } from 'node:http';

/** RFC 9110 §7.6.1, and what the gateway says itself. */
const DROPPED: ReadonlySet<string> = new Set(
  'connection keep-alive proxy-connection proxy-authenticate te trailer transfer-encoding upgrade x-request-id'.split(
    ' ',
  ),
);

/** A replica's headers as the client gets them, as a flat list. */
export function responseHeaders(upstream: IncomingHttpHeaders, requestId: string): string[] {
  const headers: string[] = [];
  const named = namedBy(upstream.connection);
  for (const name of Object.keys(upstream)) {
    if (DROPPED.has(name) || named?.has(name) === true) continue;
    const value = upstream[name];
    if (typeof value === 'string') headers.push(name, value);
    else if (value !== undefined) for (const one of value) headers.push(name, one);
  }
  headers.push('x-request-id', requestId);
  return headers;
}

/** Length of the body as announced, or -1. */
export function announcedLength(upstream: IncomingHttpHeaders): number {
  const length = upstream['content-length'];
  return typeof length === 'string' && /^\d{1,15}$/.test(length) ? Number(length) : -1;
}

function namedBy(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(
    String(connection)
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  );
}
