import { refusalSuite } from '@roomkey/test-kit';
import { openProfile } from './open-profile.ts';

refusalSuite(async () => {
  const profile = await openProfile();
  return {
    app: {
      inject: (request) => profile.app.inject(request),
      close: () => profile[Symbol.asyncDispose](),
    },
    desk: profile.desk,
    request: { method: 'GET', url: '/profile/profiles?prefix=a' },
    scope: 'profile:read',
  };
});
