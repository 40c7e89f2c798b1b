import type { Service } from './balancer.ts';

/**
 * Segments of RFC 3986 pchars, and `^`, which IIIF writes and means nothing else; none of them empty, `.` or `..`; no percent-encoded dot, backslash or control character;
 * then a query of printable ASCII. What does not match could mean one thing here and another at the replica, so it is
 * refused, never normalised (security 51, 145): absolute form, `*`, `//`, `#`, `%2e`, `\`, raw UTF-8.
 */
const PLAIN_TARGET =
  /^(?:\/(?!\.{0,2}(?:[/?]|$))[\w.~!$&'()*+,;=:@^-]*(?:%(?!2e|5c|[01]|7f)[\da-f]{2}[\w.~!$&'()*+,;=:@^-]*)*)*\/?(?:\?[!-"$-~]*)?$/i;

/** Why a target is not routed. */
export type Unrouted = 'odd' | 'unknown';

/** Finds the service by the first segment of a path; `/.well-known` is `auth`'s. */
export class RouteTable {
  readonly services: readonly Service[];
  readonly #bySegment = new Map<string, Service>();

  constructor(services: readonly Service[]) {
    this.services = services;
    for (const service of services) {
      this.#bySegment.set(service.name, service);
      if (service.name === 'auth') this.#bySegment.set('.well-known', service);
    }
  }

  /** @param target the request target as sent (RFC 9112 §3.2.1: origin-form) */
  find(target: string): Service | Unrouted {
    if (target[0] !== '/' || !PLAIN_TARGET.test(target)) return 'odd';
    const segment = firstSegment(target);
    return this.#bySegment.get(segment) ?? (segment.includes('%') ? 'odd' : 'unknown');
  }
}

function firstSegment(target: string): string {
  for (let index = 1; index < target.length; index += 1) {
    const character = target[index];
    if (character === '/' || character === '?') return target.slice(1, index);
  }
  return target.slice(1);
}
