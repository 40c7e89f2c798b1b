/**
 * Makes a look that runs one at a time. A call during a run is answered by one more run after it, however many call: what they
 * want to see may have happened after the run under way had begun.
 */
export function coalesce(look: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function start(): Promise<void> {
    current = look().finally(() => {
      current = undefined;
    });
    return current;
  }

  return () => {
    if (current === undefined) return start();
    next ??= current
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}
