import { argv } from 'node:process';
import { serveMeasured } from '@roomkey/experiment/measured';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { createService } from '@roomkey/service';
import { SCOPE } from '../published-tokens.ts';
import { openToldVerifier } from '../told-verifier.ts';

/** A service as they all stand, with one verified route; the first argument is its log level. */
const app = await createService({
  name: 'bench',
  description: 'One route.',
  logLevel: argv[2] ?? '',
  corsOrigins: '*',
});
await app.register(bearerAuth, { verifier: await openToldVerifier() });
app.get('/', { config: { scope: SCOPE } }, async () => ({ hello: 'world' }));
await serveMeasured(app);
