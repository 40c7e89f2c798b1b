/** A token as the desk gave it. */
export interface IssuedToken {
  readonly ok: true;
  readonly value: string;
  readonly expiresInSeconds: number;
}

/** Why there is no token. */
export type TokenFailure =
  | {
      readonly ok: false;
      /** The desk said no: `error` is its code (RFC 6749 §5.2, RFC 8693 §2.2.2), the description for logs. */
      readonly kind: 'refused';
      readonly error: string;
      readonly description: string | undefined;
    }
  | {
      readonly ok: false;
      /** The desk is away, too slow, too busy, or talks nonsense: trying later may help. */
      readonly kind: 'desk-away';
      readonly retryAfterSeconds: number | undefined;
      readonly cause: unknown;
    };

export type TokenOutcome = IssuedToken | TokenFailure;
