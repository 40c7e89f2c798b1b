import type { LabExperiment } from '../finding.ts';
import { anyLanguage } from './any-language/experiment.ts';
import { verifyVsLookup } from './verify-vs-lookup/experiment.ts';
import { weight } from './weight/experiment.ts';

/** In the order of the report. */
export const EXPERIMENTS: readonly LabExperiment[] = [verifyVsLookup, anyLanguage, weight];
