import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { standardOutput } from '@roomkey/service/plain';
import { loadGatewaySettings } from './config.ts';
import { createGateway } from './gateway.ts';
import { RefusalLog } from './refusal-log.ts';

/** One line an event; there is none a request that a service answers, for that one writes it. */
function log(message: string, fields: object = {}): void {
  const line = { time: new Date().toISOString(), service: 'gateway', msg: message, ...fields };
  standardOutput().write(`${JSON.stringify(line)}\n`);
}

async function run(): Promise<void> {
  const settings = loadGatewaySettings(process.env);
  const refusals = new RefusalLog(log);
  const gateway = createGateway(settings, {
    onReadyChange: (upstream, replica, ready) =>
      log(ready ? 'replica is ready' : 'replica is not ready', { upstream, replica }),
    onRefusal: (refusal) => refusals.add(refusal),
  });

  let isLeaving = false;
  const leave = (reason: string): void => {
    // Asked twice: at once.
    if (isLeaving) process.exit(1);
    isLeaving = true;
    log('leaving', { reason });
    void gateway.close().then(() => {
      refusals.flush();
      process.exit();
    });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, leave);
  process.once('disconnect', () => leave('the parent process is gone'));

  gateway.server.listen(settings.PORT, settings.HOST);
  await once(gateway.server, 'listening');
  const { address, port, family } = gateway.server.address() as AddressInfo;
  const listening = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  log('listening', { listening });
  process.send?.({ listening });
  setImmediate(flushCompileCache);
}

try {
  await run();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
