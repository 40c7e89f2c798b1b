import { setTimeout as delay } from 'node:timers/promises';
import { coalesce } from '@roomkey/resource-server';
import type { AccessTokenClaims } from './access-token.ts';
import { activeKey, publishedKeys, type RotationPolicy } from './key-schedule.ts';
import type { KeySealing } from './key-sealing.ts';
import type { SecurityEventClaims, SecurityEventSigner } from './security-events.ts';
import type { PublicJwk, SigningKey, SigningKeys, SigningKeyStore } from './signing-keys.ts';
import type { StatusListClaims, StatusListSigner } from './status-publication.ts';

/** Signs claims as a JWT with one key; made once per key, for parsing a key costs more than signing with it. */
export type CreateSigner = (key: {
  kid: string;
  privateKeyPem: string;
  type: TokenType;
}) => Promise<(claims: object) => string>;

/** RFC 9068 §2.1; draft-ietf-oauth-status-list-21 §5.1; RFC 8417 §2.3. */
type TokenType = 'at+jwt' | 'statuslist+jwt' | 'secevent+jwt';

interface Signers {
  readonly accessToken: (claims: AccessTokenClaims) => string;
  readonly statusList: (claims: StatusListClaims) => string;
  readonly securityEvent: (claims: SecurityEventClaims) => string;
}

/** This replica's copy of the signing keys. What they are good for at a moment is `key-schedule.ts`'s to say. */
export interface KeyRing extends StatusListSigner, SecurityEventSigner {
  sign(claims: AccessTokenClaims, now: Date): string;
  published(now: Date): readonly PublicJwk[];
  /** @throws {NoSigningKeyError} when there is nothing to sign with: for readiness */
  requireKey(now: Date): void;
  /** Looks at the store now; resolves also when that fails. */
  reload(): Promise<void>;
  close(): void;
}

export interface KeyRingOptions {
  readonly store: SigningKeyStore;
  readonly keys: SigningKeys;
  readonly sealing: KeySealing;
  readonly createSigner: CreateSigner;
  readonly policy: RotationPolicy;
  readonly now: () => Date;
  readonly reloadMs: number;
  /** Told of every look that failed; the ring goes on with what it has. */
  readonly onError: (error: unknown) => void;
}

/**
 * Opens the key ring and keeps it fresh: it looks at the store every `reloadMs`, and publishes the next key when that is due.
 * Starts without its database; signing throws until the first key has been read.
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { store, keys, sealing, createSigner, policy, now, reloadMs, onError } = options;
  const closing = new AbortController();
  const signers = new Map<string, Signers>();
  let rows: readonly SigningKey[] = [];

  async function read(): Promise<void> {
    const stored = await store.all();
    for (const key of publishedKeys(stored, now(), policy)) {
      if (signers.has(key.kid)) continue;
      const privateKeyPem = sealing.open(key.kid, key.sealedPrivateKey);
      const signerOf = (type: TokenType) => createSigner({ kid: key.kid, privateKeyPem, type });
      signers.set(key.kid, {
        accessToken: await signerOf('at+jwt'),
        statusList: await signerOf('statuslist+jwt'),
        securityEvent: await signerOf('secevent+jwt'),
      });
    }
    for (const kid of signers.keys()) if (!stored.some((key) => key.kid === kid)) signers.delete(kid);
    rows = stored;
  }

  const look = coalesce(async () => {
    try {
      await read();
      if (await keys.maintain(rows, now())) await read();
    } catch (error) {
      if (!closing.signal.aborted) onError(error);
    }
  });

  async function poll(): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(reloadMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      if (!closing.signal.aborted) await look();
    }
  }

  await look();
  void poll();

  function signersAt(at: Date): Signers {
    const active = signers.get(activeKey(rows, at)?.kid ?? '');
    if (active === undefined) throw new NoSigningKeyError();
    return active;
  }

  return {
    sign: (claims, at) => signersAt(at).accessToken(claims),
    signStatusList: (claims, at) => signersAt(at).statusList(claims),
    signSecurityEvent: (claims, at) => signersAt(at).securityEvent(claims),
    activeKid: (at) => activeKey(rows, at)?.kid,
    requireKey: (at) => void signersAt(at),
    published: (at) => publishedKeys(rows, at, policy).map((key) => key.publicJwk),
    reload: look,
    close: () => closing.abort(),
  };
}

/** The database has not been seen yet: there is nothing to sign with. */
export class NoSigningKeyError extends Error {
  override readonly name = 'NoSigningKeyError';
}
