import { serverSuite } from '@roomkey/test-kit';

serverSuite({
  server: new URL('../src/server.ts', import.meta.url),
  migrations: new URL('../migrations', import.meta.url),
  settings: {
    IMAGE_URL: 'http://127.0.0.1:1/image',
    IMAGE_RESOURCE: 'http://test/image',
  },
  request: { path: '/profile/profiles?prefix=a', scope: 'profile:read' },
});
