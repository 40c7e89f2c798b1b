import type { IssuedToken, TokenOutcome } from './token-outcome.ts';

interface KeptToken {
  readonly token: IssuedToken;
  readonly goodUntilMs: number;
}

export interface TokenStoreOptions {
  readonly maxTokens: number;
  readonly renewBeforeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A token of short life is renewed when a tenth of it is left, whatever the margin. */
const LARGEST_MARGIN = 0.1;

/** Tokens kept until shortly before their end, the least recently used given up first; one request at a time for each. */
export class TokenStore {
  readonly #kept = new Map<string, KeptToken>();
  readonly #flights = new Map<string, Promise<TokenOutcome>>();
  readonly #options: TokenStoreOptions;

  constructor(options: TokenStoreOptions) {
    this.#options = options;
  }

  /**
   * @param request gets a new token; called once for all who ask at the same time
   * @param refused a token that was just refused: it is not given again
   */
  get(key: string, request: () => Promise<TokenOutcome>, refused?: string): Promise<TokenOutcome> {
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    if (known && known.token.value !== refused && known.goodUntilMs > this.#options.now()) {
      this.#kept.set(key, known);
      return Promise.resolve(known.token);
    }
    const flight = this.#flights.get(key) ?? this.#fly(key, request);
    this.#flights.set(key, flight);
    return flight;
  }

  async #fly(key: string, request: () => Promise<TokenOutcome>): Promise<TokenOutcome> {
    // The life of a token begins when it is made, which is after this moment.
    const askedAtMs = this.#options.now();
    try {
      const outcome = await request();
      if (outcome.ok) this.#keep(key, outcome, askedAtMs);
      return outcome;
    } finally {
      this.#flights.delete(key);
    }
  }

  #keep(key: string, token: IssuedToken, askedAtMs: number): void {
    const { maxTokens, renewBeforeSeconds } = this.#options;
    const margin = Math.min(renewBeforeSeconds, token.expiresInSeconds * LARGEST_MARGIN);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= maxTokens && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { token, goodUntilMs: askedAtMs + (token.expiresInSeconds - margin) * 1_000 });
  }
}
