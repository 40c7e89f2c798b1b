/** So many at a time that a statement stays small. */
const MAX_BATCH = 256;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Does with one statement what many requests want at about the same time: while one batch is under way, whoever comes waits for
 * the next. So nobody gets an answer that was read before the question, and the busier the desk is, the less the database costs
 * each of its guests.
 *
 * @param work gives a result for each item, in their order; where it throws, it throws for all of the batch
 */
export function inBatches<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let isUnderWay = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH);
      try {
        const results = await work(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, at) => resolve(results[at] as Result));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isUnderWay = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (isUnderWay) return;
      isUnderWay = true;
      // What has arrived already is read before: it comes along.
      setImmediate(() => void run());
    });
}
