import { argv } from 'node:process';
import { serveMeasured } from '@roomkey/experiment/measured';
import { DESIGNS, type DesignName } from '../designs/index.ts';
import { hashedPassword } from '../hashed-password.ts';
import { buildResourceService } from '../resource-service.ts';
import { optionalSetting } from '../settings.ts';

/** `resource-service.ts <design> <name of the replica>`; PASSWORD: what everybody has to know who signs in, kept hashed. */
const [design = '', servedBy = design] = argv.slice(2);
const password = optionalSetting('PASSWORD');
const app = await buildResourceService(DESIGNS[design as DesignName], {
  servedBy,
  ...(password !== undefined && { isPassword: await hashedPassword(password) }),
});
await serveMeasured(app, Number(optionalSetting('PORT') ?? 0));
