import { Problem } from '@roomkey/service';
import type { AdminResult } from '../domain/administration.ts';

/** Nothing for an act that was done; a problem for one that was not. */
export function requireDone(result: AdminResult): void {
  if (result.ok) return;
  if (result.reason === 'unknown') throw new Problem('not-found', 'There is none of this id.');
  const sentence = `${result.faults.join('; ')}.`;
  throw new Problem(result.reason === 'declared' ? 'conflict' : 'invalid-request', sentence);
}
