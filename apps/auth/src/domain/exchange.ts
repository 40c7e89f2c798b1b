import type { Actor, Grant } from './access-token.ts';
import type { Client } from './clients.ts';
import { refuse, type OAuthRefusal } from './oauth-error.ts';
import { actorsOf, audiencesOf, type InspectedClaims } from './token-inspection.ts';

/** What a client may have instead of a token it was given. */
export interface ExchangeRight {
  readonly ok: true;
  readonly ceiling: Grant;
  readonly actor: Actor;
}

/** How many may act for each other in a row. */
export const MAX_ACTORS = 4;

/**
 * Judges an exchange (RFC 8693): the subject token must be for the client that shows it, the target on the client's list, and
 * what comes of it is at most what the policy and the token both have.
 */
export function exchangeRight(
  client: Client,
  subject: InspectedClaims,
  target: string,
): ExchangeRight | OAuthRefusal {
  if (!audiencesOf(subject).some((audience) => client.ownResources.includes(audience)))
    return refuse('invalid_grant', 'The subject token is not for this client.');
  const allowed = client.exchange.find(({ resource }) => resource === target);
  if (allowed === undefined)
    return refuse('invalid_target', 'This client may not exchange towards that resource.');
  if (subject.may_act !== undefined && !mayAct(subject.may_act, client.id, subject.iss))
    return refuse('invalid_grant', 'The subject token names somebody else who may act.');
  if (actorsOf(subject).length >= MAX_ACTORS)
    return refuse('invalid_request', 'Too many have acted for each other in this token already.');
  const held = new Set(subject.scope.split(' '));
  return {
    ok: true,
    ceiling: { resources: [target], scopes: allowed.scopes.filter((scope) => held.has(scope)) },
    // RFC 8693 §4.1: the current actor outermost, earlier ones nested.
    actor: { sub: client.id, ...(subject.act !== undefined && { act: subject.act }) },
  };
}

/** RFC 8693 §4.4: what is said there must be true of the client; what cannot be judged is not. */
function mayAct(claim: unknown, clientId: string, issuer: string): boolean {
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return false;
  const { sub, iss = issuer, ...others } = claim as Record<string, unknown>;
  return sub === clientId && iss === issuer && Object.keys(others).length === 0;
}
