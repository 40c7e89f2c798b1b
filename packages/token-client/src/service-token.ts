import type { TokenOutcome } from './token-outcome.ts';

declare const brand: unique symbol;

/**
 * The right to call one service: an obtained token, or one still to be obtained. Its text cannot be read out of it, so it can
 * neither be logged nor sent anywhere but by `callService`; and only a token client makes one, so that `callService` can
 * never be given the token a service was itself called with (RFC 9700 §2.3).
 */
export interface ServiceToken {
  readonly [brand]: true;
  /** The one audience. */
  readonly resource: string;
  readonly scope: string;
}

/** @param refused a token that the called service has refused: another one is wanted */
export type ObtainToken = (refused?: string) => Promise<TokenOutcome>;

const obtainers = new WeakMap<object, ObtainToken>();

export function sealToken(resource: string, scope: string, obtain: ObtainToken): ServiceToken {
  const token = Object.freeze({ resource, scope }) as ServiceToken;
  obtainers.set(token, obtain);
  return token;
}

/** @throws {TypeError} when it was not made by a token client */
export function obtainerOf(token: ServiceToken): ObtainToken {
  const obtain = obtainers.get(token);
  if (obtain === undefined) throw new TypeError('callService takes a token that a token client has made');
  return obtain;
}
