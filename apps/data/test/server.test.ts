import { serverSuite } from '@roomkey/test-kit';

serverSuite({
  server: new URL('../src/server.ts', import.meta.url),
  migrations: new URL('../migrations', import.meta.url),
  settings: {
    AUTH_URL: 'http://127.0.0.1:1/auth',
    IMAGE_URL: 'http://127.0.0.1:1/image',
    IMAGE_RESOURCE: 'http://test/image',
    PROFILE_URL: 'http://127.0.0.1:1/profile',
    PROFILE_RESOURCE: 'http://test/profile',
  },
  request: { path: '/data/collections/notes/documents', scope: 'data:read' },
});
