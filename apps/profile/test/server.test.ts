import { serverSuite } from '@roomkey/test-kit';

serverSuite({
  server: new URL('../src/server.ts', import.meta.url),
  migrations: new URL('../migrations', import.meta.url),
  request: { path: '/profile/profiles?prefix=a', scope: 'profile:read' },
});
