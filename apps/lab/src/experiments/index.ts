import type { LabExperiment } from '../finding.ts';
import { anyIssuer } from './any-issuer/experiment.ts';
import { anyLanguage } from './any-language/experiment.ts';
import { authOutage } from './auth-outage/experiment.ts';
import { cdn } from './cdn/experiment.ts';
import { cors } from './cors/experiment.ts';
import { csrf } from './csrf/experiment.ts';
import { failover } from './failover/experiment.ts';
import { leak } from './leak/experiment.ts';
import { noCookieClient } from './no-cookie-client/experiment.ts';
import { revocation } from './revocation/experiment.ts';
import { rotation } from './rotation/experiment.ts';
import { testsWithoutLogin } from './tests-without-login/experiment.ts';
import { anyReplica } from './any-replica/experiment.ts';
import { verifyVsLookup } from './verify-vs-lookup/experiment.ts';
import { weight } from './weight/experiment.ts';

/** In the order of the report. */
export const EXPERIMENTS: readonly LabExperiment[] = [
  verifyVsLookup,
  anyReplica,
  failover,
  authOutage,
  revocation,
  rotation,
  csrf,
  cors,
  cdn,
  noCookieClient,
  anyIssuer,
  anyLanguage,
  testsWithoutLogin,
  weight,
  leak,
];
