const KEY = /^[a-z0-9_-]+(\/[a-z0-9_-]+)*(\.[a-z0-9]+)?$/;

/** A key as this service makes them (security 130). @throws for every other text */
export function requireKey(key: string): string {
  if (!KEY.test(key)) throw new Error(`not a key of this service: ${key}`);
  return key;
}
