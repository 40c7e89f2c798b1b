import { asUser } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openProfile } from './open-profile.ts';

const ME = '/profile/me';
const CREATE = { 'if-none-match': '*' };

test('a profile is created, read and replaced', async () => {
  await using profile = await openProfile();
  const { mia } = profile;
  expect((await mia('GET', ME)).status).toBe(404);

  const created = await mia('PUT', ME, {
    headers: CREATE,
    body: {
      handle: 'Mia_1',
      displayName: ' Mia Wallace ',
      bio: 'First line\r\nSecond line\n',
      links: ['https://example.com/mia', 'HTTPS://bücher.example'],
      locale: 'DE-ch',
    },
  });
  expect([created.status, created.headers['etag'], created.headers['content-location']]).toEqual([
    201,
    '"1"',
    ME,
  ]);
  expect(created.json).toEqual({
    handle: 'Mia_1',
    displayName: 'Mia Wallace',
    bio: 'First line\nSecond line',
    links: ['https://example.com/mia', 'https://xn--bcher-kva.example/'],
    locale: 'de-CH',
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: created.json.createdAt,
  });
  const read = await mia('GET', ME);
  expect([read.status, read.headers['etag'], read.headers['cache-control']]).toEqual([
    200,
    '"1"',
    'no-store',
  ]);
  expect(read.json).toEqual(created.json);

  const replaced = await mia('PUT', ME, {
    headers: { 'if-match': '"1"' },
    body: { handle: 'MIA_1', displayName: 'Mia' },
  });
  expect([replaced.status, replaced.headers['etag']]).toEqual([200, '"2"']);
  expect(replaced.json).toMatchObject({ handle: 'MIA_1', displayName: 'Mia', bio: '', links: [] });
  expect(replaced.json).not.toHaveProperty('locale');
  expect((await mia('GET', ME)).json).toEqual(replaced.json);
});

test('a write says what it means to do: create, or replace which version', async () => {
  await using profile = await openProfile();
  const { mia } = profile;
  const statusOf = async (headers: Record<string, string>): Promise<number> =>
    (await mia('PUT', ME, { headers, body: { handle: 'mia', displayName: 'Mia' } })).status;

  expect(await statusOf({})).toBe(428);
  expect(await statusOf({ 'if-match': '"1"' })).toBe(404);
  expect(await statusOf({ ...CREATE, 'if-match': '"1"' })).toBe(428);
  expect(await statusOf({ 'if-none-match': '"1"' })).toBe(428);
  expect(await statusOf(CREATE)).toBe(201);

  expect(await statusOf({})).toBe(428);
  expect(await statusOf(CREATE)).toBe(412);
  expect(await statusOf({ 'if-match': '*' })).toBe(428);
  expect(await statusOf({ 'if-match': '"2"' })).toBe(412);
  expect(await statusOf({ 'if-match': 'W/"1"' })).toBe(412);
  expect(await statusOf({ 'if-match': '1' })).toBe(400);
  expect(await statusOf({ 'if-match': '"7", "1"' })).toBe(200);
});

test('a current version is not sent again', async () => {
  await using profile = await openProfile();
  const { mia } = profile;
  await mia('PUT', ME, { headers: CREATE, body: { handle: 'mia', displayName: 'Mia' } });

  const same = await mia('GET', ME, { headers: { 'if-none-match': 'W/"1"' } });
  expect([same.status, same.text, same.headers['etag']]).toEqual([304, '', '"1"']);
  expect((await mia('GET', ME, { headers: { 'if-none-match': '"2"' } })).status).toBe(200);
});

test('a handle belongs to one user, whatever its case, until they let it go', async () => {
  await using profile = await openProfile();
  const { mia, ben } = profile;
  await mia('PUT', ME, { headers: CREATE, body: { handle: 'Mia', displayName: 'Mia' } });

  const taken = await ben('PUT', ME, { headers: CREATE, body: { handle: 'mIA', displayName: 'Ben' } });
  expect([taken.status, taken.json.type]).toEqual([409, 'urn:roomkey:problem:conflict']);
  expect((await ben('GET', ME)).status).toBe(404);

  await ben('PUT', ME, { headers: CREATE, body: { handle: 'ben', displayName: 'Ben' } });
  const renamed = { headers: { 'if-match': '"1"' }, body: { handle: 'MIA', displayName: 'Ben' } };
  expect((await ben('PUT', ME, renamed)).status).toBe(409);
  expect((await ben('GET', ME)).json.handle).toBe('ben');

  await mia('PUT', ME, { headers: { 'if-match': '"1"' }, body: { handle: 'wallace', displayName: 'Mia' } });
  expect((await ben('PUT', ME, renamed)).status).toBe(200);
});

test('each user has a profile of their own, and each issuer users of its own (security 12)', async () => {
  await using profile = await openProfile();
  const { mia, ben } = profile;
  await mia('PUT', ME, { headers: CREATE, body: { handle: 'mia', displayName: 'Mia' } });
  await ben('PUT', ME, { headers: CREATE, body: { handle: 'ben', displayName: 'Ben' } });

  expect((await mia('GET', ME)).json.handle).toBe('mia');
  expect((await ben('GET', ME)).json.handle).toBe('ben');
  expect((await profile.as('Mia')('GET', ME)).status).toBe(404);
});

test('reading and writing need their own scopes (security 30)', async () => {
  await using profile = await openProfile();
  const reader = asUser(profile.app, profile.desk, { sub: 'mia', scope: 'profile:read' });
  const writer = asUser(profile.app, profile.desk, { sub: 'mia', scope: 'profile:write' });
  const draft = { headers: CREATE, body: { handle: 'mia', displayName: 'Mia' } };

  expect((await reader('PUT', ME, draft)).status).toBe(403);
  expect((await writer('PUT', ME, draft)).status).toBe(201);
  expect((await reader('GET', ME)).status).toBe(200);
  expect((await writer('GET', ME)).status).toBe(403);
  expect((await writer('GET', '/profile/profiles/mia')).status).toBe(403);
  expect((await writer('GET', '/profile/profiles?prefix=m')).status).toBe(403);
});
