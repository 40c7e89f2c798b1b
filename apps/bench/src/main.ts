import process from 'node:process';
import { runCommand } from '@roomkey/experiment';
import { balancer } from './benches/balancer.ts';
import { coldVerification } from './benches/cold-verification.ts';
import { issue } from './benches/issue.ts';
import { requestLog } from './benches/request-log.ts';
import { revocation } from './benches/revocation.ts';
import { start } from './benches/start.ts';
import { warmVerification } from './benches/warm-verification.ts';

/** `pnpm bench`: lists them. `pnpm bench <name…> | all [--json]`: runs them; the exit code says whether each goal holds. */
process.exitCode = await runCommand(
  'bench',
  [warmVerification, coldVerification, requestLog, issue, balancer, revocation, start],
  process.argv.slice(2),
);
