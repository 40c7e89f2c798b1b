import { refusalSuite } from '@roomkey/test-kit';
import { openData } from './open-data.ts';

refusalSuite(async () => {
  const data = await openData();
  return {
    app: {
      inject: (request) => data.app.inject(request),
      close: () => data[Symbol.asyncDispose](),
    },
    desk: data.desk,
    request: { method: 'GET', url: '/data/collections/notes/documents' },
    scope: 'data:read',
  };
});
