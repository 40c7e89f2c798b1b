const MAX_RUNNING = 2;

/**
 * Makes one query of look-ups that come at the same time, or while others are on their way. Each begins after it was asked for, so
 * it sees what a query of its own would see.
 *
 * @param load all at once; what it throws is thrown to everybody who waits for it
 */
export function batched<Key, Value>(
  load: (keys: Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let waiting = new Map<Key, PromiseWithResolvers<Value | undefined>>();
  let isDue = false;
  let running = 0;

  async function run(): Promise<void> {
    isDue = false;
    const wanted = waiting;
    waiting = new Map();
    running += 1;
    try {
      const values = await load([...wanted.keys()]);
      for (const [key, found] of wanted) found.resolve(values.get(key));
    } catch (error) {
      for (const found of wanted.values()) found.reject(error);
    } finally {
      running -= 1;
      beginIfDue();
    }
  }

  function beginIfDue(): void {
    if (isDue || waiting.size === 0 || running >= MAX_RUNNING) return;
    isDue = true;
    // Requests that arrived together are all heard first.
    setImmediate(() => void run());
  }

  return (key) => {
    const found = waiting.get(key) ?? Promise.withResolvers();
    waiting.set(key, found);
    beginIfDue();
    return found.promise;
  };
}
