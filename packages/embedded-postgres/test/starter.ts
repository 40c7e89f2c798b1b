/** A process that starts a server, says where it is, and then waits to be killed. */
import { argv, stdout } from 'node:process';
import { startPostgres } from '../src/index.ts';

const [dataDir] = argv.slice(2);
if (dataDir === undefined) throw new Error('usage: starter.ts DATA_DIR');
const { pid, superuserUrl } = await startPostgres({ dataDir, durable: false });
stdout.write(JSON.stringify({ pid, superuserUrl }));
