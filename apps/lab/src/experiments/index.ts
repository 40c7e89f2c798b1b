import type { LabExperiment } from '../finding.ts';
import { weight } from './weight/experiment.ts';

/** In the order of the report. */
export const EXPERIMENTS: readonly LabExperiment[] = [weight];
