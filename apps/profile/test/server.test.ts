import { serverSuite } from '@roomkey/test-kit';
import { generateClientKey } from '@roomkey/token-client';

serverSuite({
  server: new URL('../src/server.ts', import.meta.url),
  migrations: new URL('../migrations', import.meta.url),
  settings: {
    CLIENT_ID: 'profile',
    CLIENT_KEY: generateClientKey(),
    TOKEN_URL: 'http://127.0.0.1:1/auth/token',
    IMAGE_URL: 'http://127.0.0.1:1/image',
    IMAGE_RESOURCE: 'http://test/image',
  },
  request: { path: '/profile/profiles?prefix=a', scope: 'profile:read' },
});
