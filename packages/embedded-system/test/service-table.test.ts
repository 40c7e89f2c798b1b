import { readFile, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openClientIdentity } from '../src/client-identity.ts';
import { ROOMS, serviceEnvironment, type Clients, type ServiceName } from '../src/service-table.ts';
import { scratchFolder } from './folder.ts';

const ORIGIN = 'http://127.0.0.1:8080';

async function environments(secrets: string) {
  const identities = await Promise.all(
    ROOMS.map(async (room) => [room, await openClientIdentity(secrets, room)]),
  );
  const clients = Object.fromEntries(identities) as Clients;
  const surroundings = { origin: ORIGIN, imageFolder: '/', secretFiles: {}, clients, settings: () => ({}) };
  const of = (service: ServiceName) =>
    serviceEnvironment(service, { name: `${service}-1`, port: 1, databaseUrl: 'postgres://' }, surroundings);
  return { of, clients: JSON.parse(of('auth')['CLIENTS'] ?? '[]') as Record<string, unknown>[] };
}

test('each room has a key of its own, which is its alone and found again (security 108)', async () => {
  await using folder = await scratchFolder();
  const first = await environments(folder.path);
  const keys = first.clients.map(({ jwks }) => (jwks as { keys: { x: string }[] }).keys);
  expect(new Set(keys.map(([key]) => key?.x)).size).toBe(3);
  expect(keys.flat().every((key) => !('d' in key))).toBe(true);

  const file = first.of('profile')['CLIENT_KEY_FILE'] ?? '';
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { x } = JSON.parse(await readFile(file, 'utf8')) as { x: string };
  expect(keys[1]?.[0]?.x).toBe(x);
  expect((await environments(folder.path)).clients).toEqual(first.clients);
});

test('a room may exchange towards whom it calls, to read, and nobody else (security 103, 106)', async () => {
  await using folder = await scratchFolder();
  const { clients, of } = await environments(folder.path);
  const auth = { resource: `${ORIGIN}/auth`, scopes: ['account:read'] };
  const image = { resource: `${ORIGIN}/image`, scopes: ['image:read'] };
  const profile = { resource: `${ORIGIN}/profile`, scopes: ['profile:read'] };
  expect(clients.map(({ id, exchange, own_resources: own }) => ({ id, exchange, own }))).toEqual([
    { id: 'image', exchange: [], own: [`${ORIGIN}/image`] },
    { id: 'profile', exchange: [image], own: [`${ORIGIN}/profile`] },
    { id: 'data', exchange: [auth, image, profile], own: [`${ORIGIN}/data`] },
  ]);
  expect(of('auth')).not.toHaveProperty('CLIENT_KEY_FILE');
  expect(of('profile')).toMatchObject({ CLIENT_ID: 'profile', IMAGE_URL: `${ORIGIN}/image` });
  expect(of('profile')).not.toHaveProperty('PROFILE_URL');
});

test('every room may hear of events in its own name, and have nothing else so (security 59)', async () => {
  await using folder = await scratchFolder();
  const { clients, of } = await environments(folder.path);
  for (const [index, room] of ROOMS.entries()) {
    expect(clients[index]).toMatchObject({ scopes: ['events'], resources: [`${ORIGIN}/auth`] });
    expect(of(room)).toMatchObject({
      CLIENT_ID: room,
      SECURITY_EVENTS_URL: `${ORIGIN}/auth/events/poll`,
      AUTH_RESOURCE: `${ORIGIN}/auth`,
    });
  }
});
