/** What an experiment with a goal has seen. */
export interface Outcome {
  readonly figures: Readonly<Record<string, unknown>>;
  /** What had to be seen, in a sentence. */
  readonly goal: string;
  readonly ok: boolean;
}

/** Tells the person at the terminal how far it is; never part of the result. */
export type Progress = (line: string) => void;

/** A claim, tried: a promise under load and fault, a figure beside a rival's, or what others say. */
export interface Experiment<Result = Outcome> {
  readonly name: string;
  /** What is claimed, in a sentence. */
  readonly claim: string;
  readonly run: (progress: Progress) => Promise<Result>;
}
