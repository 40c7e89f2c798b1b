/** Runs work on stores that share one transaction: all of it happens, or nothing. */
export type Atomically<Stores> = <Result>(work: (stores: Stores) => Promise<Result>) => Promise<Result>;
