import type { Actor, AccessTokenClaims, Grant } from '../domain/access-token.ts';
import type { Client } from '../domain/clients.ts';
import type { AskedGrant } from '../domain/narrowing.ts';
import type { OAuthRefusal } from '../domain/oauth-error.ts';
import type { IssuedToken } from '../domain/sessions.ts';
import type { Form } from './form.ts';

/**
 * What is unique to a grant type. The token endpoint calls it between the phases that all grants share, so a grant cannot
 * forget to authenticate the client, to check what it may use, or to narrow.
 */
export interface GrantType {
  /** `grant_type` on the wire. */
  readonly name: string;
  /** Who the token is to be about, and what it may be at most. */
  subject(request: GrantRequest): Promise<GrantSubject | OAuthRefusal>;
}

export interface GrantRequest {
  readonly form: Form;
  readonly client: Client;
  readonly now: Date;
}

export interface GrantSubject {
  readonly ok: true;
  readonly subject: string;
  /** The most that can be had; the token endpoint narrows it to what was asked for. */
  readonly ceiling: Grant;
  /** What was asked for, where the grant reads it otherwise than from `scope` and `resource`. */
  readonly asked?: AskedGrant;
  readonly sessionId?: string | undefined;
  readonly actor?: Actor;
  readonly parentTokenId?: string;
  /** Seconds since the epoch that the token must not outlive. */
  readonly notAfter?: number;
  readonly status?: AccessTokenClaims['status'];
  /** The token was given before and is given again. */
  readonly again?: IssuedToken;
  /** Stores what has to be stored before the token may leave; gives what the answer has besides the access token. */
  readonly commit?: (claims: AccessTokenClaims) => Promise<Committed>;
}

/** `lost-race`: another request changed what this one had looked at; the grant is to be heard anew. */
export type Committed = GrantAnswer | OAuthRefusal | 'lost-race';

export interface GrantAnswer {
  readonly ok: true;
  readonly refreshToken?: string;
  readonly issuedTokenType?: string;
}
