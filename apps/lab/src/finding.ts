import type { Progress } from '@roomkey/experiment';
import type { Plot } from './plots.ts';

export type Verdict = 'holds' | 'holds under conditions' | 'does not hold';

/** A condition on the figures, stated before they are known. */
export interface Rule {
  /** What has to be seen, in a sentence; without figures of this run. */
  readonly says: string;
  readonly met: boolean;
}

/** What a verdict is made of, by the same three lines in every experiment: see `verdictOf`. */
export interface Rules {
  /** Without any of these the claim does not hold. */
  readonly core: readonly Rule[];
  /** With all of these too it holds as it is said; otherwise only under conditions. */
  readonly unconditional: readonly Rule[];
}

/** Figures for people: what the report shows as a table. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What an experiment has seen of a claim. */
export interface Finding {
  /** Everything that was measured, for programs. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  readonly rules: Rules;
  /** Why the verdict is what it is, in a sentence with figures. */
  readonly because: string;
}

export interface Bench {
  readonly progress: Progress;
  /** A few minutes for all experiments together: fewer rounds, wider spread. */
  readonly isQuick: boolean;
}

/** A claim that articles make for tokens against sessions, and what tries it. Its folder has its name. */
export interface LabExperiment {
  readonly name: string;
  /** The claim in the words that articles use. */
  readonly claim: string;
  readonly run: (bench: Bench) => Promise<Finding>;
}

export function verdictOf({ core, unconditional }: Rules): Verdict {
  if (!core.every(({ met }) => met)) return 'does not hold';
  return unconditional.every(({ met }) => met) ? 'holds' : 'holds under conditions';
}
