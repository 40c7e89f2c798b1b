import type { Readable } from 'node:stream';
import { Type } from '@roomkey/schema';
import { ProblemSchema } from '@roomkey/service';
import { problem, security } from './document-schemas.ts';

export const readExport = {
  summary: 'Everything I have, in all services, as one ZIP archive',
  description:
    'My account and sessions, profile, documents and pictures. manifest.json comes last: how many there are of what, and the SHA-256 of every file. What cannot be had breaks the download off.',
  tags: ['export'],
  security,
  response: {
    200: {
      description: 'The archive, as it is made',
      content: {
        'application/zip': { schema: Type.Unsafe<Readable>(Type.String({ format: 'binary' })) },
      },
    },
    ...problem,
    '5xx': ProblemSchema,
  },
};
