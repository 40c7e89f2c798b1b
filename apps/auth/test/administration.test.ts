import { spawn } from 'node:child_process';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Service } from '@roomkey/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand, type AdminDesk } from '../src/admin-commands.ts';
import { CLIENTS, exchange, makeClient, postAs, type TestClient } from './clients.ts';
import {
  bearer,
  openDesk,
  refresh,
  register,
  settingsFor,
  signIn,
  type Desk,
  type SignedIn,
} from './desk.ts';

let desk: Desk;
let app: Service;
let admin: SignedIn;
let adminId: string;
let profile: TestClient;
let guests = 0;

beforeAll(async () => {
  desk = await openDesk();
  profile = await makeClient('profile');
  app = await desk.replica({ env: CLIENTS(profile) });
  adminId = await register(app, 'root');
  await command('users', 'roles', 'root', 'guest', 'admin');
  admin = await signIn(app, 'root', { scope: 'admin account image:read' });
});
afterAll(() => desk[Symbol.asyncDispose]());

/** The command line as it is run: plain node, settings from the environment. */
async function command(...words: readonly string[]): Promise<string> {
  const file = fileURLToPath(new URL('../src/admin.ts', import.meta.url));
  const env = settingsFor(desk.databaseUrl, CLIENTS(profile));
  const child = spawn(execPath, [file, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode !== 0 && complained !== '') throw new Error(complained);
  return said;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function ask(method: Method, path: string, payload?: object, card: SignedIn = admin) {
  return app.inject({
    method,
    url: `/auth/admin${path}`,
    headers: bearer(card.access_token),
    ...(payload && { payload }),
  });
}

async function guest(): Promise<SignedIn & { id: string; name: string }> {
  const name = `guest-${(guests += 1)}`;
  const id = await register(app, name);
  return { ...(await signIn(app, name)), id, name };
}

const newestEntry = async () =>
  (await ask('GET', '/audit?limit=1')).json<{ entries: Record<string, unknown>[] }>().entries[0];

test('the scope admin is given by role, and only when it is asked for by name', async () => {
  const everyday = await signIn(app, 'root');
  expect(everyday.scope).not.toContain('admin');
  expect((await ask('GET', '/users', undefined, everyday)).statusCode).toBe(403);
  expect((await ask('GET', '/users')).statusCode).toBe(200);
  const { name } = await guest();
  await expect(signIn(app, name, { scope: 'admin' })).rejects.toThrow('scope');
});

test('every administration route refuses a guest (security 30)', async () => {
  const card = await guest();
  const routes: [Method, string][] = [
    ['GET', '/keys'],
    ['POST', '/keys'],
    ['DELETE', '/keys/x'],
    ['GET', '/clients'],
    ['GET', '/clients/app'],
    ['PUT', '/clients/x'],
    ['PATCH', '/clients/app'],
    ['DELETE', '/clients/app'],
    ['DELETE', '/clients/app/tokens'],
    ['GET', '/users'],
    ['GET', `/users/${adminId}`],
    ['PATCH', `/users/${adminId}`],
    ['GET', `/users/${adminId}/sessions`],
    ['DELETE', `/users/${adminId}/sessions`],
    ['DELETE', `/sessions/${admin.session_id}`],
    ['GET', '/audit'],
  ];
  for (const [method, path] of routes)
    expect((await ask(method, path, undefined, card)).statusCode).toBe(403);
});

test('a user is found by name, disabled with all sessions, and enabled again (security 80, 122)', async () => {
  const card = await guest();
  const found = await ask('GET', `/users?name=${card.name.toUpperCase()}&limit=1`);
  expect(found.json()).toMatchObject({ users: [{ id: card.id, roles: ['guest'], disabled: false }] });
  expect((await ask('PATCH', `/users/${card.id}`, { disabled: true })).statusCode).toBe(204);
  expect((await refresh(app, card.refresh_token)).statusCode).toBe(400);
  await expect(signIn(app, card.name)).rejects.toThrow('not right');
  expect(await newestEntry()).toMatchObject({
    actor: `user:${adminId}`,
    action: 'session.end',
    target: card.session_id,
    details: { reason: 'user-disabled' },
  });
  expect((await ask('PATCH', `/users/${card.id}`, { disabled: false })).statusCode).toBe(204);
  await signIn(app, card.name);
});

test("an administrator lists and ends a user's sessions (security 122)", async () => {
  const card = await guest();
  const second = await signIn(app, card.name);
  const listed = await ask('GET', `/users/${card.id}/sessions`);
  expect(listed.json<{ sessions: unknown[] }>().sessions).toHaveLength(2);
  expect((await ask('DELETE', `/sessions/${second.session_id}`)).statusCode).toBe(204);
  expect((await ask('DELETE', `/sessions/${second.session_id}`)).statusCode).toBe(404);
  expect((await ask('DELETE', `/users/${card.id}/sessions`)).statusCode).toBe(204);
  expect((await refresh(app, card.refresh_token)).statusCode).toBe(400);
});

test('a role that is taken away is gone from the next token (security 80)', async () => {
  const card = await guest();
  expect((await ask('PATCH', `/users/${card.id}`, { roles: ['guest', 'king'] })).statusCode).toBe(400);
  await ask('PATCH', `/users/${card.id}`, { roles: ['guest', 'admin'] });
  const raised = await signIn(app, card.name, { scope: 'admin account' });
  await ask('PATCH', `/users/${card.id}`, { roles: ['guest'] });
  expect((await refresh(app, raised.refresh_token)).json()).toMatchObject({ scope: 'account' });
});

test('a client is registered, used, disabled with what it holds, enabled and removed', async () => {
  const client = await makeClient('night-shift');
  const { id: _id, ...definition } = client.definition;
  expect((await ask('PUT', '/clients/night-shift', definition)).statusCode).toBe(200);
  const grant = () => postAs(app, client, '/auth/token', { grant_type: 'client_credentials' });
  const token = (await grant()).json<SignedIn>().access_token;
  const introspect = async () =>
    (await postAs(app, profile, '/auth/introspect', { token })).json<{ active: boolean }>();
  expect(await introspect()).toMatchObject({ active: true });
  expect((await ask('PATCH', '/clients/night-shift', { disabled: true })).statusCode).toBe(204);
  expect((await grant()).statusCode).toBe(401);
  expect(await introspect()).toEqual({ active: false });
  await ask('PATCH', '/clients/night-shift', { disabled: false });
  expect((await grant()).statusCode).toBe(200);
  expect((await ask('DELETE', '/clients/night-shift')).statusCode).toBe(204);
  expect((await grant()).statusCode).toBe(401);
  expect((await ask('GET', '/clients/night-shift')).statusCode).toBe(404);
});

test('a definition that cannot be is refused with all its faults (security 34, 35, 59, 70)', async () => {
  const client = await makeClient('odd');
  const { id: _id, ...good } = client.definition;
  const jwks = good['jwks'] as { keys: Record<string, unknown>[] };
  const faults: [object, RegExp][] = [
    [{ ...good, scopes: ['nonsense'], resources: ['urn:nowhere'] }, /identifier urn:nowhere.*scope nonsense/],
    [{ ...good, grants: ['refresh_token'] }, /cannot have the grant refresh_token/],
    [{ ...good, jwks_uri: 'https://keys.test' }, /either jwks or jwks_uri/],
    [{ ...good, jwks: undefined, jwks_uri: 'http://10.0.0.1/keys' }, /https/],
    [{ ...good, jwks: { keys: [{ ...jwks.keys[0], d: 'private' }] } }, /public/],
    [{ ...good, jwks: { keys: [{ ...jwks.keys[0], alg: 'RS256' }] } }, /ES256/],
    [{ ...good, jwks: { keys: [...jwks.keys, ...jwks.keys] } }, /same kid/],
    [{ ...good, kind: 'public' }, /no keys/],
  ];
  for (const [definition, sentence] of faults) {
    const response = await ask('PUT', '/clients/odd', definition);
    expect([response.statusCode, response.json<{ detail: string }>().detail]).toMatchObject([400, sentence]);
  }
  expect((await ask('PUT', `/clients/${adminId}`, good)).json<{ detail: string }>().detail).toMatch(
    /no UUID/,
  );
  expect((await ask('PUT', '/clients/profile', good)).statusCode).toBe(409);
});

test('a disabled actor cannot go on with what it exchanged (security 104)', async () => {
  const client = await makeClient('actor', { own_resources: [`https://desk.test/profile`] });
  const { id: _id, ...definition } = client.definition;
  await ask('PUT', '/clients/actor', definition);
  const card = await guest();
  const token = (await exchange(app, client, card.access_token)).json<SignedIn>().access_token;
  await ask('PATCH', '/clients/actor', { disabled: true });
  expect((await postAs(app, profile, '/auth/introspect', { token })).json()).toEqual({ active: false });
});

test('the audit log says who, what, whom and when, by page and by target, and never a secret', async () => {
  const card = await guest();
  await ask('DELETE', `/users/${card.id}/sessions`);
  const byTarget = await ask('GET', `/audit?target=${card.session_id}`);
  expect(byTarget.json()).toMatchObject({
    entries: [
      {
        actor: `user:${adminId}`,
        action: 'session.end',
        target_kind: 'session',
        details: { reason: 'ended-by-admin' },
      },
    ],
  });
  const first = (await ask('GET', '/audit?limit=2')).json<{ entries: { id: string }[] }>().entries;
  const second = (await ask('GET', `/audit?limit=2&before=${first[1]?.id}`)).json<{
    entries: { id: string }[];
  }>().entries;
  expect(Number(second[0]?.id)).toBeLessThan(Number(first[1]?.id));
  expect((await ask('GET', '/audit?limit=500')).body).not.toContain(card.refresh_token);
});

test('the command line does the same, in the name of who runs it', { timeout: 90_000 }, async () => {
  const card = await guest();
  const [users, sessions, keys] = await Promise.all([
    command('users', 'list', card.name),
    command('sessions', 'list', card.name),
    command('keys'),
  ]);
  expect(users).toContain(card.id);
  expect(sessions).toContain(card.session_id);
  expect(keys).toContain('active');
  expect(await command('sessions', 'end-all', card.name)).toBe('ended 1\n');
  expect((await refresh(app, card.refresh_token)).statusCode).toBe(400);
  const [line = ''] = (await command('audit', 'list', card.session_id, '--json')).split('\n');
  expect(JSON.parse(line)).toMatchObject({
    action: 'session.end',
    actor: expect.stringMatching(/^command-line:/),
  });
});

test('a command that does not exist is answered with those that do', async () => {
  const nothing = { administration: {} } as AdminDesk;
  for (const words of [['users', 'explode'], ['constructor', 'name'], ['__proto__'], ['keys', 'revoke']])
    await expect(runCommand(nothing, words)).rejects.toThrow('usage');
});
