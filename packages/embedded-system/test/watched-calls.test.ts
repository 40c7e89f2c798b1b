/** The services as they are run, with everything watched that any of them sends to another, whatever it is. */
import { join } from 'node:path';
import { openRecordingProxy, type RecordedRequest, type RecordingProxy } from '@roomkey/test-kit';
import { expect, test, vi } from 'vitest';
import { startSystem, type ServiceName } from '../src/index.ts';
import { scratchFolder } from './folder.ts';

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
const JWT = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g;
/** One grey pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);
const PASSWORD = 'a lamp on a long table';

type Json = Readonly<Record<string, unknown>>;

/** A system in which each service reaches the others through a proxy of its own. */
async function openWatchedHouse() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  let gateway = '';
  const proxies = new Map<ServiceName, RecordingProxy>();
  for (const service of SERVICES) proxies.set(service, stack.use(await openRecordingProxy(() => gateway)));
  const system = stack.use(
    await startSystem({
      dataDir: join(folder.path, 'data'),
      port: 0,
      replicas: 1,
      settings(service, origin, usual) {
        gateway = origin;
        const through = proxies.get(service)?.origin ?? '';
        // Every address that a service is given, whatever it is for.
        const peers = Object.entries(usual).filter(
          ([name, value]) => name.endsWith('_URL') && value.startsWith(origin),
        );
        return Object.fromEntries(peers.map(([name, value]) => [name, value.replace(origin, through)]));
      },
    }),
  );

  async function send(method: string, path: string, token?: string, body?: unknown, more: object = {}) {
    const isBytes = Buffer.isBuffer(body);
    const answer = await fetch(`${system.origin}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': isBytes ? 'image/png' : 'application/json' }),
        ...more,
      },
      ...(body !== undefined && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text.startsWith('{') ? (JSON.parse(text) as Json) : {} };
  }

  /** Whatever a user was ever given that opens anything. */
  const held: string[] = [PASSWORD];
  async function signIn(name: string, narrowing: object = {}): Promise<string> {
    const { status, json } = await send('POST', '/auth/sessions', undefined, {
      name,
      password: PASSWORD,
      ...narrowing,
    });
    expect(status).toBe(201);
    held.push(String(json['access_token']), String(json['refresh_token']));
    return String(json['access_token']);
  }
  async function checkIn(name: string): Promise<string> {
    expect((await send('POST', '/auth/accounts', undefined, { name, password: PASSWORD })).status).toBe(201);
    return signIn(name);
  }
  const watched = () =>
    [...proxies].flatMap(([by, proxy]) => proxy.requests().map((one) => ({ by, ...one })));
  const dispose = (): Promise<void> => stack.disposeAsync();
  return { system, proxies, held, send, signIn, checkIn, watched, [Symbol.asyncDispose]: dispose };
}

const claimsOf = (token: string): Json =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Json;
/** From whoever sends to whom it is for. */
function actorsIn({ sub, act }: Json): string[] {
  const actor = act as Json | undefined;
  return actor === undefined ? [String(sub)] : [...actorsIn(actor), String(sub)];
}
const scopesOf = (claims: Json): string[] => String(claims['scope']).split(' ');
/** Tokens of anybody in what was sent; a client's assertion is none. */
const tokensIn = ({ headers, body, path }: RecordedRequest): string[] =>
  [...`${path} ${JSON.stringify(headers)} ${body.toString('latin1')}`.matchAll(JWT)]
    .map(([token]) => token)
    .filter((token) => claimsOf(token)['iss'] !== claimsOf(token)['sub']);

test(
  'no service ever sends on what a user holds; what it sends instead is for one service, can do less, and says who acts for whom (security 101-104, 107)',
  { timeout: 90_000 },
  async () => {
    await using house = await openWatchedHouse();
    const { system, send, held } = house;
    const { origin } = system;
    const mia = await house.checkIn('mia');
    const user = claimsOf(mia);
    const me = { handle: 'mia', displayName: 'Mia' };
    expect((await send('PUT', '/profile/me', mia, me, { 'if-none-match': '*' })).status).toBe(201);
    const uploaded = await send('POST', '/image/images', mia, PICTURE);
    expect(uploaded).toMatchObject({ status: 201 });
    const image = uploaded.json;
    expect((await send('PUT', '/profile/me/avatar', mia, { image: image['id'] })).status).toBe(200);
    expect((await send('POST', '/data/collections/notes/documents', mia, { pillow: 'soft' })).status).toBe(
      201,
    );
    expect((await send('GET', '/data/export', mia)).status).toBe(200);

    // Narrowed tokens open what they are for, and nobody lends them more.
    const narrow = await house.signIn('mia', { resource: [`${origin}/profile`] });
    expect((await send('GET', '/profile/me', narrow)).status).toBe(200);
    for (const path of ['/image/images', '/data/shared', '/data/export'])
      expect({ path, status: (await send('GET', path, narrow)).status }).toEqual({ path, status: 401 });
    const forData = await house.signIn('mia', { resource: [`${origin}/data`] });
    expect((await send('GET', '/data/shared', forData)).status).toBe(200);
    expect((await send('GET', '/data/export', forData)).status).toBe(403);

    const erased = await send('DELETE', '/auth/accounts/current', mia, { password: PASSWORD });
    expect(erased.status).toBe(202);
    held.push(String(erased.json['receipt']));
    const report = `/auth/erasures/${String(erased.json['id'])}`;
    await vi.waitFor(
      async () => {
        const { json } = await send('GET', report, String(erased.json['receipt']));
        expect(json['state']).toBe('erased');
      },
      { timeout: 30_000, interval: 100 },
    );

    const watched = house.watched();
    const uses = new Set<string>();
    for (const { by, ...request } of watched) {
      const { method, path, headers, body } = request;
      const what = `${by}: ${method} ${path}`;
      const isTokenRequest = path === '/auth/token';
      const form = new URLSearchParams(isTokenRequest ? body.toString() : '');
      const subjectToken = form.get('subject_token');
      const bearer = /^Bearer (\S+)$/.exec(headers['authorization']?.toString() ?? '')?.[1];

      // To the desk a user's token goes in exchange, and in no other way: neither whole nor in parts.
      const text = `${path} ${JSON.stringify(headers)} ${body.toString('latin1')}`;
      const rest = subjectToken === null ? text : text.replace(`subject_token=${subjectToken}`, '');
      for (const secret of held) {
        const parts = [secret, ...secret.split('.').slice(1)];
        expect({ what, found: parts.filter((part) => rest.includes(part)) }).toEqual({ what, found: [] });
      }
      expect({ what, cookie: headers['cookie'] }).toEqual({ what, cookie: undefined });
      expect({ what, hasOwn: headers['authorization'] === undefined || bearer !== undefined }).toEqual({
        what,
        hasOwn: true,
      });

      for (const token of tokensIn(request)) {
        if (token === subjectToken) continue;
        const claims = claimsOf(token);
        const service = path.split('/')[1] ?? '';
        expect({ what, token }).toEqual({ what, token: bearer });
        expect([claims['aud']].flat()).toEqual([`${origin}/${service}`]);
        expect(claims['client_id']).toBe(by);
        const may = scopesOf(claims);
        // A service's own scope is no user's.
        const allowed = claims['sub'] === user['sub'] ? scopesOf(user) : ['events', '(nothing else)'];
        expect(may.every((scope) => allowed.includes(scope)) && may.length < allowed.length).toBe(true);
        uses.add(`${actorsIn(claims).join(' for ')} at ${service}: ${may.join(' ')}`);
      }
    }

    const guest = String(user['sub']);
    expect([...uses].toSorted()).toEqual([
      `data at auth: events`,
      `data for ${guest} at auth: account:read`,
      `data for ${guest} at image: image:read`,
      `data for ${guest} at profile: profile:read`,
      `image at auth: events`,
      `profile at auth: events`,
      `profile for ${guest} at image: image:read`,
    ]);
    // Nobody calls whom they have no business with.
    const whom = new Set(watched.map(({ by, path }) => `${by} → ${path.split('/')[1]}`));
    expect([...whom].toSorted()).toEqual([
      'data → .well-known',
      'data → auth',
      'data → image',
      'data → profile',
      'image → .well-known',
      'image → auth',
      'profile → .well-known',
      'profile → auth',
      'profile → image',
    ]);
  },
);
