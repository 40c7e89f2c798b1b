import { bearerAuth } from '@roomkey/resource-server/fastify';
import fastify from 'fastify';
import { createTestIssuer, refusalSuite } from '../src/index.ts';

// The plugin on a bare Fastify: what somebody gets who takes @roomkey/resource-server alone.
refusalSuite(async () => {
  const desk = createTestIssuer({ audience: 'http://desk.test/room' });
  const app = fastify();
  await app.register(bearerAuth, { verifier: desk.verifier });
  app.get('/room', { config: { scope: 'room:read' } }, (request) => ({ guest: request.principal.subject }));
  return { app, desk, request: { method: 'GET', url: '/room' }, scope: 'room:read' };
});
