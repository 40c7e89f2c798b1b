import { refusalSuite } from '@roomkey/test-kit';
import { openImage } from './open-image.ts';

refusalSuite(async () => {
  const image = await openImage();
  return {
    app: {
      inject: (request) => image.app.inject(request),
      close: () => image[Symbol.asyncDispose](),
    },
    desk: image.desk,
    request: { method: 'GET', url: '/image/images' },
    scope: 'image:read',
  };
});
