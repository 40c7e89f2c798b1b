import { Readable } from 'node:stream';
import type { Verifier } from '@roomkey/resource-server';
import { Problem, type Service } from '@roomkey/service';
import { IncomingCall } from '@roomkey/token-client';
import { BrokenExportError, type ExportRefusal, type Keeper } from '../domain/export.ts';
import { writeExport } from '../write-export.ts';
import { userOf } from './addresses.ts';
import { readExport } from './export-schemas.ts';
import { createOpenStreams } from './open-streams.ts';

interface ExportRouteOptions {
  /** Who keeps something of a user, in the order of the archive. */
  readonly keepers: readonly Keeper[];
  /** Asked again while the archive is written: it must not outlive its token. */
  readonly verifier: Verifier;
}

const LIMITS = { perUser: 2, perReplica: 16 };
/** When the service leaves, what is nearly whole may get there. */
const LEAVE_MS = 5_000;
const LONGEST_MS = 60 * 60_000;
const SCOPES = 'data:read account:read image:read profile:read';

/** Everything a user has in all services, gathered in their name. */
export async function exportRoutes(app: Service, { keepers, verifier }: ExportRouteOptions): Promise<void> {
  const open = createOpenStreams(LIMITS);
  app.addHook('preClose', async () => open.endAll());

  app.get('/export', { config: { scope: 'data:read' }, schema: readExport }, async (request, reply) => {
    const { principal, headers, log } = request;
    const user = userOf(principal);
    const forget = open.add(JSON.stringify([user.issuer, user.subject]), () => {
      setTimeout(() => reply.raw.destroy(), LEAVE_MS).unref();
    });
    reply.raw.once('close', forget);
    if (reply.raw.destroyed) forget();

    // The bearer plugin has seen that there is exactly one such header, and a token in it.
    const token = headers.authorization?.split(' ').at(-1) ?? '';
    const requireLive = () => {
      if (!verifier.verify(token).ok) throw new BrokenExportError('the access token is over');
    };
    const onBehalfOf = new IncomingCall(request, LONGEST_MS);
    const parts = await Promise.all(
      keepers.map(async (keeper) => {
        const part = await keeper.open({ user, onBehalfOf, requireLive });
        if ('refusal' in part) throw problemOf(keeper.name, part);
        return part;
      }),
    );

    const now = () => new Date();
    const onFault = (error: unknown) => log.warn({ err: error }, 'an export was broken off');
    // RFC 9110 §9.3.2: HEAD says what GET would, and nothing that GET says needs the archive.
    const archive =
      request.method === 'HEAD' ? Readable.from([]) : writeExport({ user, parts, now, onFault });
    return (
      reply
        .type('application/zip')
        .header(
          'content-disposition',
          `attachment; filename="roomkey-${now().toISOString().slice(0, 10)}.zip"`,
        )
        // Kept alive after the archive, the connection would hold up a replica that leaves.
        .header('connection', 'close')
        .send(archive)
    );
  });
}

type Refused<Name extends ExportRefusal['refusal']> = Extract<ExportRefusal, { refusal: Name }>;

const PROBLEMS: {
  readonly [Name in ExportRefusal['refusal']]: (keeper: string, refusal: Refused<Name>) => Problem;
} = {
  'no-right': (keeper) =>
    new Problem(
      'forbidden',
      `An export asks auth, image and profile in your name, with a token for each of them. Yours is not good for one for ${keeper}: sign in for this service with the scopes ${SCOPES}.`,
      { 'www-authenticate': `Bearer error="insufficient_scope", scope="${SCOPES}"` },
    ),
  'token-over': () =>
    new Problem('unauthorized', 'Your access token is not valid any longer.', {
      'www-authenticate': 'Bearer error="invalid_token"',
    }),
  away: (keeper, { retryAfterSeconds }) =>
    new Problem('unavailable', `What ${keeper} keeps of you cannot be had right now.`, {
      'retry-after': String(retryAfterSeconds),
    }),
  'too-late': (keeper) => new Problem('gateway-timeout', `What ${keeper} keeps of you does not come.`),
  nonsense: (keeper) => new Problem('bad-gateway', `The ${keeper} service answered something else.`),
};

const problemOf = (keeper: string, refusal: ExportRefusal): Problem =>
  PROBLEMS[refusal.refusal](keeper, refusal as never);
