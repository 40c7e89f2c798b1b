import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import type { KeySealing } from './key-sealing.ts';
import {
  activeKey,
  dueActivation,
  forgettableKeys,
  keyState,
  type KeyState,
  type KeyTimes,
  type RotationPolicy,
} from './key-schedule.ts';

/** A signing key as it is stored: the public half in the clear, the private half sealed. */
export interface SigningKey extends KeyTimes {
  readonly algorithm: 'ES256';
  readonly publicJwk: PublicJwk;
  readonly sealedPrivateKey: Buffer;
}

/** RFC 7517 §4: what is published of a key, and nothing else. */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
}

export type KeyChange =
  | { readonly kind: 'publish'; readonly key: SigningKey }
  | { readonly kind: 'activate'; readonly kid: string; readonly at: Date }
  | { readonly kind: 'revoke'; readonly kid: string; readonly at: Date }
  | { readonly kind: 'forget'; readonly kid: string };

export interface SigningKeyStore {
  all(): Promise<readonly SigningKey[]>;
  /** Applies what `decide` makes of the keys, one replica at a time, all or nothing, and tells the other replicas. */
  change(decide: (keys: readonly SigningKey[]) => Promise<readonly KeyChange[]>): Promise<void>;
}

export interface SigningKeys {
  /**
   * Publishes the next key if the schedule says so, the first one at once, and forgets keys that are done.
   *
   * @param known the keys as last read: only when they call for a change is the store asked
   */
  maintain(known: readonly SigningKey[], now: Date): Promise<boolean>;
  /** Publishes the next key now; it signs after the pending time. @returns its key id */
  rotate(now: Date): Promise<string>;
  /**
   * A key has leaked: it is removed at once, and its successor signs at once, known to verifiers or not.
   *
   * @returns false when no such key is in use
   */
  revoke(kid: string, now: Date): Promise<boolean>;
}

/** A key without its secret half. */
export interface KeyOverview extends KeyTimes {
  readonly state: KeyState;
}

export function overviewOf(keys: readonly SigningKey[], policy: RotationPolicy, now: Date): KeyOverview[] {
  return keys.map((key) => ({
    kid: key.kid,
    publishedAt: key.publishedAt,
    activatesAt: key.activatesAt,
    revokedAt: key.revokedAt,
    state: keyState(key, keys, now, policy),
  }));
}

export function createSigningKeys(
  store: SigningKeyStore,
  sealing: KeySealing,
  policy: RotationPolicy,
): SigningKeys {
  async function newKey(now: Date, activatesAt: Date): Promise<SigningKey> {
    return generateSigningKey(sealing, now, activatesAt);
  }

  return {
    async maintain(known, now) {
      if (dueActivation(known, now, policy) === undefined && forgettableKeys(known, now, policy).length === 0)
        return false;
      await store.change(async (keys) => {
        const activatesAt = dueActivation(keys, now, policy);
        const next = activatesAt && (await newKey(now, activatesAt));
        return [
          ...forgettableKeys(keys, now, policy).map(({ kid }) => ({ kind: 'forget', kid }) as const),
          ...(next ? [{ kind: 'publish', key: next } as const] : []),
        ];
      });
      return true;
    },

    async rotate(now) {
      const key = await newKey(now, new Date(now.getTime() + policy.pendingSeconds * 1_000));
      await store.change(async () => [{ kind: 'publish', key }]);
      return key.kid;
    },

    async revoke(kid, now) {
      let found = false;
      await store.change(async (keys) => {
        const key = keys.find((candidate) => candidate.kid === kid && candidate.revokedAt === null);
        if (key === undefined) return [];
        found = true;
        const rest = keys.filter((other) => other.kid !== kid && other.revokedAt === null);
        return [{ kind: 'revoke', kid, at: now }, ...(await succession(key, keys, rest, now))];
      });
      return found;
    },
  };

  async function succession(
    key: SigningKey,
    keys: readonly SigningKey[],
    rest: readonly SigningKey[],
    now: Date,
  ): Promise<readonly KeyChange[]> {
    if (activeKey(keys, now)?.kid !== key.kid) return [];
    // Verifiers may know a pending key already, so it is the better successor.
    const pending = rest
      .filter((other) => other.activatesAt > now)
      .toSorted((a, b) => a.activatesAt.getTime() - b.activatesAt.getTime())[0];
    return pending
      ? [{ kind: 'activate', kid: pending.kid, at: now }]
      : [{ kind: 'publish', key: await newKey(now, now) }];
  }
}

async function generateSigningKey(
  sealing: KeySealing,
  publishedAt: Date,
  activatesAt: Date,
): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint({ kty, crv, x, y });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return {
    kid,
    algorithm: 'ES256',
    publicJwk: { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' },
    sealedPrivateKey: sealing.seal(kid, pem),
    publishedAt,
    activatesAt,
    revokedAt: null,
  };
}
