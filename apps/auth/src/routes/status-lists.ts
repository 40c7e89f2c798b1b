import { matchesIfNoneMatch, Problem, type Service } from '@roomkey/service';
import { Type } from '@roomkey/schema';
import type { Hint, Hints } from '../domain/hints.ts';
import type { StatusPublication } from '../domain/status-publication.ts';

interface StatusListOptions {
  readonly publication: StatusPublication;
  readonly hints: Hints;
  /** The public address of a list. */
  readonly uriOf: (listId: string) => string;
  readonly now: () => Date;
}

const HEARTBEAT_MS = 5_000;
const MAX_LISTENERS = 2_000;
/** Caches may keep a list but must ask whether it is current: a revocation is not to wait for a cache. */
const CACHE_CONTROL = 'public, no-cache';

/** Token status lists (draft-ietf-oauth-status-list-21 §8, §9) and the stream that hints at their changes. */
export async function statusListRoutes(
  app: Service,
  { publication, hints, uriOf, now }: StatusListOptions,
): Promise<void> {
  const config = { public: true } as const;
  const tags = ['status lists'];
  // Every replica of every room polls: a line for each would be most of the log.
  const logLevel = 'warn';

  app.get(
    '/auth/status-lists',
    { config, logLevel, schema: { summary: 'Which lists there are (aggregation)', tags } },
    async (_request, reply) => {
      const lists = await publication.lists(now());
      // An empty answer would tell verifiers to forget what they know.
      if (lists === undefined)
        throw new Problem('unavailable', 'The status lists are not known here yet; try again.', {
          'retry-after': '1',
        });
      void reply.header('cache-control', CACHE_CONTROL);
      return { status_lists: lists.map(uriOf) };
    },
  );

  app.get(
    '/auth/status-lists/:id',
    {
      config,
      logLevel,
      schema: {
        summary: 'A signed status list',
        tags,
        params: Type.Object({ id: Type.String({ pattern: '^[0-9]{1,12}-[0-9]{1,6}$' }) }),
      },
    },
    async (request, reply) => {
      const list = await publication.list(request.params.id, now());
      if (list === undefined)
        throw new Problem('not-found', 'There is no such status list, or its last token has expired.');
      void reply.headers({ etag: `W/${list.etag}`, 'cache-control': CACHE_CONTROL });
      if (matchesIfNoneMatch(request.headers['if-none-match'], list.etag)) return reply.code(304).send();
      return reply.type('application/statuslist+jwt').send(list.token);
    },
  );

  const streams = new Set<() => void>();
  app.addHook('preClose', async () => {
    for (const end of streams) end();
  });

  app.get(
    '/auth/status-lists/events',
    {
      config,
      logLevel,
      schema: { summary: 'Hints at changes of keys and lists (server-sent events)', tags },
    },
    (_request, reply) => {
      if (streams.size >= MAX_LISTENERS)
        throw new Problem('unavailable', 'Too many listeners; poll instead.', { 'retry-after': '30' });
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-served-by': app.replica,
      });
      raw.write(': hints at changes follow\n\n');
      const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS);
      const unsubscribe = hints.subscribe((hint: Hint) => raw.write(`data: ${JSON.stringify(hint)}\n\n`));
      const end = () => raw.end();
      streams.add(end);
      raw.once('close', () => {
        clearInterval(heartbeat);
        unsubscribe();
        streams.delete(end);
      });
    },
  );
}
