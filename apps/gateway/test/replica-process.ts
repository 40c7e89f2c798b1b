import process from 'node:process';
import { createService, runService } from '@roomkey/service';

/** A replica as a process of its own, standing like every service: to be killed, stopped and started again by tests. */
const app = await createService({
  name: 'data',
  description: 'A replica under test.',
  // Such as that its port is taken.
  logLevel: 'fatal',
  corsOrigins: '*',
});
let stored = 0;
app.get('/data/item', () => ({ stored }));
app.post('/data/item', () => {
  stored += 1;
  return { stored };
});
app.post('/data/die', () => process.kill(process.pid, 'SIGKILL'));
await runService(app, {
  HOST: '127.0.0.1',
  PORT: Number(process.env['PORT'] ?? 0),
  DRAIN_MS: Number(process.env['DRAIN_MS'] ?? 0),
});
