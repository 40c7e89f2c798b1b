import type { Readable } from 'node:stream';
import { Type } from '@roomkey/schema';
import { InCollection, problem, security } from './document-schemas.ts';

export const followChanges = {
  summary: 'Follow the changes of a collection (server-sent events)',
  description:
    'Events `created`, `replaced`, `patched` and `removed`, with `id`: its place in the order of commits, and `data`: ' +
    '`{ "id", "etag", "at" }`. The first event is `open`; its id is where you stand. Without `after` and `Last-Event-ID` that is now.',
  tags: ['changes'],
  security,
  params: InCollection,
  querystring: Type.Object(
    {
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description:
            'id of the last event you have; 0 for the first change. `Last-Event-ID` goes before it',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  headers: Type.Object({
    'last-event-id': Type.Optional(
      Type.String({ pattern: '^[0-9]{1,15}$', description: 'id of the last event you have' }),
    ),
  }),
  produces: ['text/event-stream'],
  response: { 200: Type.Unsafe<Readable>({ type: 'string', description: 'text/event-stream' }), ...problem },
};
