import process from 'node:process';
import { runCommand } from '@roomkey/experiment';
import { authAway } from './drills/auth-away.ts';
import { kills } from './drills/kills.ts';
import { million } from './drills/million.ts';
import { revocation } from './drills/revocation.ts';
import { rotation } from './drills/rotation.ts';

/** `pnpm drill`: lists them. `pnpm drill <name…> [--json]`: runs them; the exit code says whether each promise holds; `--help` names the codes. */
const exitCode = await runCommand(
  'drill',
  [revocation, rotation, authAway, million, kills],
  process.argv.slice(2),
);

// Explicit: an experiment that was interrupted is still under way.
process.exit(exitCode);
