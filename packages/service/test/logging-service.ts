import { createService, runService } from '../src/index.ts';

const app = await createService({
  name: 'lobby',
  description: 'A lobby.',
  logLevel: 'info',
  corsOrigins: '*',
});
app.get('/loud', (request) => {
  request.log.info('in the handler');
  return {};
});
app.get('/careful', { logLevel: 'warn' }, (request) => {
  request.log.warn('a warning');
  return {};
});
app.get('/things/:name', () => ({}));
await runService(app, { HOST: '127.0.0.1', PORT: 0, DRAIN_MS: 0 });
