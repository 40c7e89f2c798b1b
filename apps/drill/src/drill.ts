/** What a drill has seen. */
export interface Outcome {
  readonly figures: Readonly<Record<string, unknown>>;
  /** What had to be seen, in a sentence. */
  readonly goal: string;
  readonly ok: boolean;
}

/** Tells the person at the terminal how far it is; never part of the result. */
export type Progress = (line: string) => void;

/** A promise of the system, tried under load and fault. */
export interface Drill {
  readonly name: string;
  /** The promise, in a sentence. */
  readonly promise: string;
  readonly run: (progress: Progress) => Promise<Outcome>;
}
