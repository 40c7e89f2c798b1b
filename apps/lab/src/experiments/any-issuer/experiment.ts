import { createVerifier, openIssuerView, type TrustedIssuer } from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { signIn, startIntrospectionDesk, startRival } from '@roomkey/rivals';
import { createTestIssuer } from '@roomkey/test-kit';
import fastify, { type FastifyInstance } from 'fastify';
import type { Finding, LabExperiment } from '../../finding.ts';
import { bars } from '../../plots.ts';
import { startForeignIssuer, type ForeignIssuer } from './foreign-issuer.ts';

const RESOURCE = 'http://rooms.test/data';
const OTHER_RESOURCE = 'http://rooms.test/image';
const NAMED_LIKE_OURS = 'foreign, scopes named like ours';
const ROUTES = { read: 'data:read', write: 'data:write', administer: 'admin' } as const;
/** What the foreign issuer's scopes mean here. */
const MAPPING = { 'documents.read': ['data:read'] };

/** An OpenID provider that is not ours, trusted by one more entry in the configuration. */
export const anyIssuer: LabExperiment = {
  name: 'any-issuer',
  claim:
    'Tokens may be made elsewhere: another issuer is trusted by configuration, and opens exactly what was mapped.',
  async run({ progress }) {
    await using foreign = await startForeignIssuer('https://partner.example');
    await using stranger = await startForeignIssuer('https://stranger.example');
    const cases = await tryTokens(foreign, stranger);
    for (const { token, seen } of cases) progress(`${token}: ${seen.join(' ')}`);
    const revoked = await tryRevocation(foreign);
    const control = await tryControl();
    return conclude(cases, revoked, control);
  },
};

interface Case {
  readonly token: string;
  /** Status wanted of each route, in their order. */
  readonly wanted: readonly number[];
  readonly seen: readonly number[];
}

async function tryTokens(foreign: ForeignIssuer, stranger: ForeignIssuer): Promise<readonly Case[]> {
  const desk = createTestIssuer({ audience: RESOURCE });
  const own: TrustedIssuer = { view: desk.knowledge, audience: RESOURCE };
  await using before = await openRoom([own]);
  await using trusting = await openRoom([own, await trusted(foreign)]);
  const ask = async (room: Room, token: string, name: string, wanted: number[]): Promise<Case> => ({
    token: name,
    wanted,
    seen: await room.ask(token),
  });
  const mapped = await foreign.token(RESOURCE, 'documents.read');
  return [
    await ask(trusting, desk.token({ scope: 'data:read data:write' }), "our own issuer's", [200, 200, 403]),
    await ask(before, mapped, 'foreign, before it was trusted', [401, 401, 401]),
    await ask(trusting, mapped, 'foreign, mapped scope', [200, 403, 403]),
    await ask(
      trusting,
      await foreign.token(RESOURCE, 'documents.audit'),
      'foreign, scope that is not mapped',
      [403, 403, 403],
    ),
    await ask(trusting, await foreign.token(RESOURCE, 'data:write admin'), NAMED_LIKE_OURS, [403, 403, 403]),
    await ask(
      trusting,
      await foreign.token(RESOURCE, 'documents.read data:write admin'),
      'foreign, mapped and named like ours',
      [200, 403, 403],
    ),
    await ask(
      trusting,
      await foreign.token(OTHER_RESOURCE, 'documents.read'),
      'foreign, for another service',
      [401, 401, 401],
    ),
    await ask(
      trusting,
      await stranger.token(RESOURCE, 'documents.read'),
      'of a provider that nobody trusts',
      [401, 401, 401],
    ),
  ];
}

/** The same provider, asked to revoke: a JWT of an issuer without status lists. */
async function tryRevocation(
  foreign: ForeignIssuer,
): Promise<{ readonly answer: number; readonly after: number }> {
  await using room = await openRoom([await trusted(foreign)]);
  const token = await foreign.token(RESOURCE, 'documents.read');
  const answer = await foreign.revoke(token);
  return { answer, after: (await room.ask(token))[0] ?? NaN };
}

interface Control {
  readonly foreignCookie: number;
  readonly foreignOpaqueAtOwnDesk: number;
  readonly foreignOpaqueAtItsDesk: number;
}

async function tryControl(): Promise<Control> {
  await using here = await startRival('session-memory');
  await using elsewhere = await startRival('session-memory');
  await using ownDesk = await startIntrospectionDesk();
  await using otherDesk = await startIntrospectionDesk();
  const asking = (port: number) =>
    startRival('opaque-introspection', { INTROSPECTION_URL: `http://127.0.0.1:${port}` });
  await using asksOwn = await asking(ownDesk.port);
  await using asksOther = await asking(otherDesk.port);
  const read = async (port: number, headers: Readonly<Record<string, string>>): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/documents`, { headers })).status;
  const opaque = await signIn(asksOther, 'partner');
  return {
    foreignCookie: await read(here.port, await signIn(elsewhere, 'partner')),
    foreignOpaqueAtOwnDesk: await read(asksOwn.port, opaque),
    foreignOpaqueAtItsDesk: await read(asksOther.port, opaque),
  };
}

async function trusted({ issuer, jwksUrl }: ForeignIssuer): Promise<TrustedIssuer> {
  return {
    view: await openIssuerView({ issuer, jwksUrl }),
    audience: RESOURCE,
    scopeMapping: MAPPING,
  };
}

interface Room extends AsyncDisposable {
  /** The statuses of all routes, asked with a token. */
  ask(token: string): Promise<readonly number[]>;
}

async function openRoom(issuers: readonly TrustedIssuer[]): Promise<Room> {
  const app: FastifyInstance = fastify();
  await app.register(bearerAuth, { verifier: createVerifier({ issuers }) });
  for (const [name, scope] of Object.entries(ROUTES))
    app.get(`/${name}`, { config: { scope } }, async () => ({ ok: true }));
  return {
    async ask(token) {
      const headers = { authorization: `Bearer ${token}` };
      const answers = Object.keys(ROUTES).map((name) => app.inject({ url: `/${name}`, headers }));
      return (await Promise.all(answers)).map(({ statusCode }) => statusCode);
    },
    async [Symbol.asyncDispose]() {
      for (const { view } of issuers) (view as { close?: () => void }).close?.();
      await app.close();
    },
  };
}

function conclude(
  cases: readonly Case[],
  revoked: Awaited<ReturnType<typeof tryRevocation>>,
  control: Control,
): Finding {
  const answers = cases.flatMap(({ wanted, seen }) => wanted.map((status, at) => status === seen[at]));
  const asWanted = answers.filter(Boolean).length;
  const opened = cases.map(({ token, seen }) => ({
    label: token,
    side: token.startsWith('our') ? 'our issuer' : 'others',
    value: seen.filter((status) => status === 200).length,
  }));
  return {
    figures: { cases, revoked, control },
    tables: [
      {
        title: 'What each token opens',
        columns: ['token', ...Object.keys(ROUTES), 'as mapped'],
        rows: cases.map(({ token, wanted, seen }) => [
          token,
          ...seen,
          wanted.every((status, at) => status === seen[at]) ? 'yes' : `no, ${wanted.join(' ')}`,
        ]),
      },
      {
        title: 'The same with sessions and opaque tokens: status of a read',
        columns: ['what', 'status'],
        rows: [
          ['cookie of another session service', control.foreignCookie],
          ['opaque token of another desk, own desk asked', control.foreignOpaqueAtOwnDesk],
          ['opaque token of another desk, that desk asked', control.foreignOpaqueAtItsDesk],
        ],
      },
      {
        title: 'The foreign issuer is asked to revoke a token',
        columns: ['what', 'status'],
        rows: [
          ['its answer', revoked.answer],
          ['a read with the token afterwards', revoked.after],
        ],
      },
    ],
    plots: [
      bars('Routes that a token opens, of three', 'Read, write and administer; mapped is read alone.', {
        value: { title: 'routes opened' },
        rows: opened,
      }),
    ],
    rules: {
      core: [
        { says: 'every token opens exactly what was mapped', met: asWanted === answers.length },
        { says: 'a cookie of another session service opens nothing', met: control.foreignCookie === 401 },
      ],
      unconditional: [
        {
          says: 'a foreign token that its issuer was asked to revoke is refused',
          met: revoked.after === 401,
        },
      ],
    },
    because: `${asWanted} of ${answers.length} answers to tokens of oidc-provider and ours are as mapped; foreign scopes named like ours open ${opened.find(({ label }) => label === NAMED_LIKE_OURS)?.value} of ${Object.keys(ROUTES).length} routes. A foreign token whose issuer was asked to revoke it is answered with ${revoked.after}: that issuer publishes no revocation list.`,
  };
}
