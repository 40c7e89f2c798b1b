/** Bytes that are asked for again and again, in the memory of this process for a short time: at most so many, the longest unused go first. */
export interface RecentBytes {
  get(key: string): Buffer | undefined;
  keep(key: string, bytes: Buffer): void;
  /** The largest size that is taken. */
  readonly maxBytes: number;
}

/** What is deleted elsewhere is not remembered for longer. */
const LIFE_MS = 60_000;
/** One object may take this share of the room. */
const MAX_SHARE = 1 / 16;

export function createRecentBytes(maxTotalBytes: number): RecentBytes {
  const kept = new Map<string, { readonly bytes: Buffer; readonly end: NodeJS.Timeout }>();
  let total = 0;

  function drop(key: string): void {
    const entry = kept.get(key);
    if (!entry) return;
    clearTimeout(entry.end);
    kept.delete(key);
    total -= entry.bytes.length;
  }

  return {
    get(key) {
      const entry = kept.get(key);
      if (!entry) return undefined;
      // A Map remembers the order of insertion: what was used last goes last.
      kept.delete(key);
      kept.set(key, entry);
      return entry.bytes;
    },
    maxBytes: maxTotalBytes * MAX_SHARE,
    keep(key, bytes) {
      drop(key);
      total += bytes.length;
      kept.set(key, { bytes, end: setTimeout(() => drop(key), LIFE_MS).unref() });
      for (const oldest of kept.keys()) {
        if (total <= maxTotalBytes) break;
        drop(oldest);
      }
    },
  };
}
