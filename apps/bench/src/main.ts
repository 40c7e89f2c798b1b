import process from 'node:process';
import { runCommand } from '@roomkey/experiment';
import { balancer } from './benches/balancer.ts';
import { coldVerification } from './benches/cold-verification.ts';
import { image } from './benches/image.ts';
import { issue } from './benches/issue.ts';
import { refreshGrants } from './benches/refresh.ts';
import { requestLog } from './benches/request-log.ts';
import { revocation } from './benches/revocation.ts';
import { signIns } from './benches/sign-in.ts';
import { start } from './benches/start.ts';
import { verificationLatency } from './benches/verification-latency.ts';
import { verifierMemory } from './benches/verifier-memory.ts';
import { warmVerification } from './benches/warm-verification.ts';

/** `pnpm bench`: lists them. `pnpm bench <name…> | all [--json]`: runs them; the exit code says whether each goal holds; `--help` names the codes. */
const exitCode = await runCommand(
  'bench',
  [
    warmVerification,
    coldVerification,
    verificationLatency,
    verifierMemory,
    requestLog,
    issue,
    signIns,
    refreshGrants,
    balancer,
    image,
    revocation,
    start,
  ],
  process.argv.slice(2),
);

// Explicit: an experiment that was interrupted is still under way.
process.exit(exitCode);
