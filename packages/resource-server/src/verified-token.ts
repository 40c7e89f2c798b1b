import type { IssuerKnowledge } from './issuer-view.ts';
import type { StatusList } from './status-list.ts';
import { refuse, type Principal, type Refusal } from './verdict.ts';
import type { VerificationKey } from './verification-key.ts';

/** A bit of the issuer's that says whether a token, or somebody who acts in it, is still good. */
export interface Status {
  readonly list: StatusList;
  readonly index: number;
}

/** What the signature and the claims of a token have shown. */
export interface VerifiedClaims {
  readonly token: string;
  readonly principal: Principal;
  readonly key: VerificationKey;
  readonly view: IssuerKnowledge;
  /** Its own status first, then those of who acts in it; none where the issuer publishes none. */
  readonly statuses: readonly Status[];
}

/** A scope's place in its list, and its name's object: many of them weigh more than the text they are in. */
const SCOPE_WEIGHT = 40;
const NO_STATUSES: readonly Status[] = [];

/**
 * A genuine token: what can never change of the verdict on it. It is the principal that requests are given, frozen, so that
 * nothing a request does to it lasts; what it is judged by is private and shows in no log.
 *
 * One flat object, what is judged first in front: with many tokens alive it is fetched from memory for each request, and each
 * object more is fetched besides.
 */
export class VerifiedToken implements Principal {
  readonly #token: string;
  readonly expiresAt: number;
  readonly #key: VerificationKey;
  readonly #list: StatusList | undefined;
  readonly #index: number;
  readonly #view: IssuerKnowledge;
  readonly #actorStatuses: readonly Status[];
  readonly scopes: readonly string[];
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  readonly sessionId: string | undefined;
  readonly tokenId: string;
  readonly actors: readonly string[];

  constructor({ token, principal, key, view, statuses: [own, ...ofActors] }: VerifiedClaims) {
    this.#token = ownText(token);
    this.expiresAt = principal.expiresAt;
    this.#key = key;
    this.#list = own?.list;
    this.#index = own?.index ?? 0;
    this.#view = view;
    this.#actorStatuses = ofActors.length > 0 ? ofActors : NO_STATUSES;
    this.scopes = principal.scopes;
    this.issuer = principal.issuer;
    this.subject = principal.subject;
    this.clientId = principal.clientId;
    this.sessionId = principal.sessionId;
    this.tokenId = principal.tokenId;
    this.actors = principal.actors;
    Object.freeze(this);
  }

  /** The token's text, for who finds it again. */
  get token(): string {
    return this.#token;
  }

  /**
   * Its text and its scopes, as if no other token had the same: roughly bytes. Computed when it is asked for: a field more would
   * be fetched with each token. What else it holds is in the text, and cannot weigh more than three quarters of that once more.
   */
  get weight(): number {
    return this.#token.length + this.scopes.length * SCOPE_WEIGHT;
  }

  /** Whether the issuer has taken back the key that signed it. */
  get hasWithdrawnKey(): boolean {
    return this.#key.withdrawn;
  }

  /** What speaks against it at this moment, in milliseconds since the epoch: time, status, or that nobody knows. */
  faultAt(nowMs: number): Refusal | undefined {
    if (this.expiresAt * 1_000 <= nowMs) return refuse('expired');
    const fault = this.#list && statusFault(this.#list, this.#index, nowMs);
    if (fault) return fault;
    for (const { list, index } of this.#actorStatuses) {
      const actorFault = statusFault(list, index, nowMs);
      if (actorFault) return actorFault;
    }
    return this.#view.isFresh(nowMs) ? undefined : refuse('stale-view');
  }
}

// A method put in the place of one of these would judge every token from then on.
Object.freeze(VerifiedToken.prototype);

function statusFault(list: StatusList, index: number, nowMs: number): Refusal | undefined {
  if (!list.isValid(index)) return refuse('revoked');
  return list.goodUntilMs <= nowMs ? refuse('stale-view') : undefined;
}

/** A part of a header would keep the whole header, and is two objects to fetch instead of one. */
function ownText(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
