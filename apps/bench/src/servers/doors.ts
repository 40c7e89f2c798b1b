import { createServer } from 'node:http';
import { listenMeasured } from '@roomkey/experiment/measured';
import { buildResourceService, verifiedBy } from '@roomkey/rivals';
import { openToldVerifier } from '../told-verifier.ts';

/**
 * One service without a check, twice, and one that verifies, all in this process: where the scheduler puts a process makes tens of
 * microseconds, which would fall on one side alone. The header `door` says who is asked.
 */
const openDoor = () =>
  buildResourceService(async () => ({ signIn: async () => ({}), signOut: async () => undefined }), {
    servedBy: 'doors',
  });
const verified = verifiedBy(await openToldVerifier());
const doors = new Map([
  ['open', await openDoor()],
  ['open-too', await openDoor()],
  ['roomkey', await buildResourceService(verified, { servedBy: 'doors' })],
]);
for (const door of doors.values()) await door.ready();

listenMeasured(
  createServer((request, response) => doors.get(String(request.headers['door']))?.routing(request, response)),
);
