/** Error codes of RFC 6749 §5.2, RFC 8693 §2.2.2 (`invalid_target`), and what the endpoints add around them. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'slow_down'
  | 'temporarily_unavailable';

/** A refusal as the client is told it: the description is public, and never holds anything that was sent. */
export interface OAuthRefusal {
  readonly ok: false;
  readonly error: OAuthErrorCode;
  readonly description: string;
  readonly retryAfterSeconds?: number;
}

export function refuse(error: OAuthErrorCode, description: string): OAuthRefusal {
  return { ok: false, error, description };
}

/** Too many requests (answered 429). */
export function slowDown(retryAfterSeconds: number): OAuthRefusal {
  return { ok: false, error: 'slow_down', description: 'Too many requests.', retryAfterSeconds };
}
