/** What changed, for whoever keeps a view of this issuer: that there is something to fetch, never what. */
export type Hint =
  | { readonly kind: 'keys' }
  | { readonly kind: 'lists' }
  | { readonly kind: 'list'; readonly uri: string };

/** Passes hints on to everybody who listens at this replica. */
export interface Hints {
  send(hint: Hint): void;
  /** @returns what ends the subscription */
  subscribe(listener: (hint: Hint) => void): () => void;
}

export function createHints(): Hints {
  const listeners = new Set<(hint: Hint) => void>();
  return {
    send(hint) {
      for (const listener of listeners) listener(hint);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
