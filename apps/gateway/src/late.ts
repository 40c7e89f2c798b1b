/**
 * For the end of a time limit: does it once everything has been read that has arrived by now. When this process stood still for
 * longer than the limit, its timers are the first to run afterwards, and what came in time still lies unread.
 */
export function afterArrivals(judge: () => void): void {
  // The event loop runs timers, then reads, then runs these.
  setImmediate(judge);
}
