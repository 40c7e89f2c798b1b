import { Readable } from 'node:stream';
import type { Verifier } from '@roomkey/resource-server';
import { Problem, type Service } from '@roomkey/service';
import type { Changes } from '../domain/changes.ts';
import { collectionAddress } from './addresses.ts';
import * as schemas from './change-schemas.ts';
import { changeStream } from './change-stream.ts';
import { createOpenStreams } from './open-streams.ts';

interface ChangeRouteOptions {
  readonly changes: Changes;
  /** Asked again while a stream is open: a stream must not outlive its token. */
  readonly verifier: Verifier;
}

const LIMITS = { perUser: 8, perReplica: 1_000 };
const JUDGE_EVERY_MS = 1_000;
/** A reader who does not read is cut this long after the end. */
const LEAVE_MS = 1_000;

/** The changes of a collection as they happen, for its owner. */
export async function changeRoutes(app: Service, { changes, verifier }: ChangeRouteOptions): Promise<void> {
  const streams = createOpenStreams(LIMITS);
  app.addHook('preClose', async () => streams.endAll());

  app.get(
    '/collections/:collection/changes',
    { config: { scope: 'data:read' }, schema: schemas.followChanges },
    async (request, reply) => {
      const { principal, headers, query } = request;
      const address = collectionAddress(request);
      const given = headers['last-event-id'] ?? query.after;
      if (given !== undefined && (await changes.after(address, Number(given))) === 'gone') {
        throw new Problem(
          'gone',
          'The changes after this one are not kept any more; open without it, and list the collection anew.',
        );
      }
      const after = given === undefined ? await changes.position(address) : Number(given);

      // The bearer plugin has seen that there is exactly one such header, and a token in it.
      const token = headers.authorization?.split(' ').at(-1) ?? '';
      const mayRead = () => verifier.verify(token).ok;
      const ending = new AbortController();
      const end = () => {
        if (ending.signal.aborted) return;
        ending.abort();
        setTimeout(() => reply.raw.destroy(), LEAVE_MS).unref();
      };
      const forget = streams.add(JSON.stringify([principal.issuer, principal.subject]), end);
      const judging = setInterval(() => mayRead() || end(), JUDGE_EVERY_MS);
      const expiry = setTimeout(end, principal.expiresAt * 1_000 - Date.now());
      const close = () => {
        forget();
        clearInterval(judging);
        clearTimeout(expiry);
        ending.abort();
      };
      reply.raw.once('close', close);
      if (reply.raw.destroyed) close();

      const { signal } = ending;
      return (
        reply
          .type('text/event-stream')
          // Kept alive after the stream, the connection would hold up a replica that leaves.
          .header('connection', 'close')
          .send(Readable.from(changeStream({ changes, address, after, mayRead, signal })))
      );
    },
  );
}
