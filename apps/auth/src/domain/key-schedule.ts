/**
 * The life of signing keys as a function of what is stored and the time: every replica that knows the same rows agrees, and
 * no coordinator exists. A key is *pending* (published, does not sign) → *active* → *retiring* (published, does not sign) →
 * *removed*.
 */
export interface KeyTimes {
  readonly kid: string;
  readonly publishedAt: Date;
  readonly activatesAt: Date;
  readonly revokedAt: Date | null;
}

export type KeyState = 'pending' | 'active' | 'retiring' | 'removed';

export interface RotationPolicy {
  /** From publication to the first signature: longer than any verifier keeps the JWKS (security 37). */
  readonly pendingSeconds: number;
  /** How long a superseded key stays published: the longest token it signed, and a margin. */
  readonly retiringSeconds: number;
  /** From one scheduled key to the next. */
  readonly intervalSeconds: number;
}

/** The one key that signs: of those not revoked, the one that was activated last. */
export function activeKey<Key extends KeyTimes>(keys: readonly Key[], now: Date): Key | undefined {
  return keys
    .filter((key) => key.revokedAt === null && key.activatesAt <= now)
    .reduce<Key | undefined>((latest, key) => (latest && !isLater(key, latest) ? latest : key), undefined);
}

export function keyState(
  key: KeyTimes,
  keys: readonly KeyTimes[],
  now: Date,
  { retiringSeconds }: RotationPolicy,
): KeyState {
  if (key.revokedAt !== null) return 'removed';
  if (key.activatesAt > now) return 'pending';
  if (activeKey(keys, now)?.kid === key.kid) return 'active';
  const supersededAtMs = Math.min(
    ...keys.filter((other) => isLater(other, key) && tookOver(other, now)).map(activationMs),
  );
  return now.getTime() < supersededAtMs + retiringSeconds * 1_000 ? 'retiring' : 'removed';
}

/** The keys verifiers must know now. */
export function publishedKeys<Key extends KeyTimes>(
  keys: readonly Key[],
  now: Date,
  policy: RotationPolicy,
): Key[] {
  return keys.filter((key) => keyState(key, keys, now, policy) !== 'removed');
}

/**
 * When the next scheduled key is to sign, if it is time to publish it.
 *
 * @returns its activation: a whole interval after its predecessor's, but never before the pending time has passed
 */
export function dueActivation(
  keys: readonly KeyTimes[],
  now: Date,
  { pendingSeconds, intervalSeconds }: RotationPolicy,
): Date | undefined {
  const usable = keys.filter((key) => key.revokedAt === null);
  // Nothing has been signed yet that a verifier could know the key of, so nobody has to be waited for.
  if (usable.length === 0) return now;
  const plannedMs = Math.max(...usable.map(activationMs)) + intervalSeconds * 1_000;
  const earliestMs = now.getTime() + pendingSeconds * 1_000;
  return plannedMs <= earliestMs ? new Date(earliestMs) : undefined;
}

/**
 * Keys whose row, private half included, can go: removed, and no later key's state rests on them. That is the oldest ones in a
 * row; a revoked key stays as long as its successor's predecessors do.
 */
export function forgettableKeys<Key extends KeyTimes>(
  keys: readonly Key[],
  now: Date,
  policy: RotationPolicy,
): Key[] {
  const inOrder = keys.toSorted((a, b) => (isLater(a, b) ? 1 : -1));
  const firstInUse = inOrder.findIndex((key) => keyState(key, keys, now, policy) !== 'removed');
  return inOrder.slice(0, firstInUse === -1 ? inOrder.length : firstInUse);
}

function tookOver(key: KeyTimes, now: Date): boolean {
  return key.activatesAt <= now && (key.revokedAt === null || key.revokedAt > key.activatesAt);
}

function isLater(key: KeyTimes, other: KeyTimes): boolean {
  const difference = activationMs(key) - activationMs(other);
  return difference === 0 ? key.kid > other.kid : difference > 0;
}

function activationMs(key: KeyTimes): number {
  return key.activatesAt.getTime();
}
