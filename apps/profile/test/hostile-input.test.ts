import { faultOfRefusal, HOSTILE_BODIES } from '@roomkey/test-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProfile } from './open-profile.ts';

const ME = '/profile/me';
const FIT = { handle: 'mia', displayName: 'Mia' };

let profile: Awaited<ReturnType<typeof openProfile>>;
beforeAll(async () => {
  profile = await openProfile();
  await profile.ben('PUT', ME, {
    headers: { 'if-none-match': '*' },
    body: { handle: 'ben', displayName: 'Ben' },
  });
});
afterAll(() => profile[Symbol.asyncDispose]());

const FULL_LINKS = Array.from({ length: 9 }, (_, n) => `https://example.com/${n}`);

const UNFIT: readonly (readonly [what: string, body: unknown])[] = [
  ['without a handle', { displayName: 'Mia' }],
  ['without a display name', { handle: 'mia' }],
  ['with a subject', { ...FIT, subject: 'ben' }],
  ['with an issuer', { ...FIT, issuer: 'http://other' }],
  ['with a version', { ...FIT, version: 7 }],
  ['with a number as handle', { ...FIT, handle: 123 }],
  ['with a list as handle', { ...FIT, handle: ['mia'] }],
  ['with null as bio', { ...FIT, bio: null }],
  ['with an object as display name', { ...FIT, displayName: { toString: 'x' } }],
  ['with a text as links', { ...FIT, links: 'https://example.com' }],
  ['with links of other types', { ...FIT, links: [1] }],
  ['with true as locale', { ...FIT, locale: true }],
  ...[
    '',
    'ab',
    'a'.repeat(31),
    '1ab',
    '_ab',
    'a b',
    'a-b',
    'a.b',
    '../me',
    'a/b',
    'mïa',
    'mіa',
    'mia\n',
    'mia\0',
    'ｍｉａ',
  ].map((handle) => [`with the handle ${JSON.stringify(handle)}`, { ...FIT, handle }] as const),
  ...[
    '',
    '   ',
    'a\nb',
    'a\tb',
    'a\0b',
    'a\u001bb',
    'a\u007fb',
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    'a\u2066b',
    'a\uFFFDb',
    'a\uFFFEb',
    '\u200b\u200d',
    '\u3164',
    '\u2800',
    '\u0301',
    '\ud800',
    'x'.repeat(65),
    'x'.repeat(100_000 / 2),
  ].map(
    (displayName) =>
      [`with the display name ${JSON.stringify(displayName.slice(0, 70))}`, { ...FIT, displayName }] as const,
  ),
  ['with a bell in its bio', { ...FIT, bio: 'a\u0007' }],
  ['with a bio that is written backwards', { ...FIT, bio: 'line\n\u202eenil' }],
  ['with a bio of 1,001 characters', { ...FIT, bio: 'x'.repeat(1_001) }],
  ['with nine links', { ...FIT, links: FULL_LINKS }],
  ...[
    'http://example.com',
    'javascript:alert(1)',
    'data:text/html,x',
    'https:example',
    'https://',
    '//example.com',
    'example.com',
    '',
    'https://user:pass@example.com/',
    'https://user@example.com/',
    'https://exa mple.com/',
    'https://[::1',
    `https://example.com/${'x'.repeat(240)}`,
    `https://example.com/${'ü'.repeat(100)}`,
    'jav\nascript:x',
    'file:///etc/passwd',
  ].map((link) => [`with the link ${JSON.stringify(link.slice(0, 60))}`, { ...FIT, links: [link] }] as const),
  ...['', 'x', 'de_CH', 'en-', '../en', 'a'.repeat(36), 'de\0'].map(
    (locale) => [`with the locale ${JSON.stringify(locale)}`, { ...FIT, locale }] as const,
  ),
];

test.each(UNFIT)('a profile %s is refused', async (_, body) => {
  const created = await profile.mia('PUT', ME, { headers: { 'if-none-match': '*' }, body });
  expect(faultOfRefusal(created, [400])).toBeUndefined();
  const replaced = await profile.ben('PUT', ME, { headers: { 'if-match': '"1"' }, body });
  expect(faultOfRefusal(replaced, [400])).toBeUndefined();
});

test.each(HOSTILE_BODIES)('a profile that is $name is refused', async ({ statuses, ...options }) => {
  const created = await profile.mia('PUT', ME, {
    ...options,
    headers: { 'if-none-match': '*', ...options.headers },
  });
  expect(faultOfRefusal(created, statuses)).toBeUndefined();
  const replaced = await profile.ben('PUT', ME, {
    ...options,
    headers: { 'if-match': '"1"', ...options.headers },
  });
  expect(faultOfRefusal(replaced, statuses)).toBeUndefined();
});

test.each([
  '..%2f..%2fme',
  '%2e%2e',
  '.',
  'a',
  '__proto__',
  'ben%00',
  'b%25',
  "ben'--",
  'x'.repeat(300),
  'b%c3%a9n',
  '%',
  '%ff',
])('a look at the handle %s is refused', async (handle) => {
  const answer = await profile.mia('GET', `/profile/profiles/${handle}`);
  expect(faultOfRefusal(answer, [400, 404, 414])).toBeUndefined();
});

test.each([
  '',
  'prefix=',
  'prefix=%25',
  'prefix=_',
  'prefix=a%00',
  'prefix=a&prefix=b',
  `prefix=${'a'.repeat(31)}`,
  'prefix=a&limit=0',
  'prefix=a&limit=101',
  'prefix=a&cursor=x',
  'prefix=a&cursor=eyJhZnRlciI6IiUifQ',
  'prefix=a&q=b',
])('the search ?%s is refused', async (query) => {
  const answer = await profile.mia('GET', `/profile/profiles?${query}`);
  expect(faultOfRefusal(answer, [400])).toBeUndefined();
});

test('after all of this nothing is stored and nothing has changed', async () => {
  expect((await profile.mia('GET', ME)).status).toBe(404);
  const kept = await profile.ben('GET', ME);
  expect([kept.headers['etag'], kept.json]).toMatchObject(['"1"', { handle: 'ben', displayName: 'Ben' }]);
});

test('what is just within the limits is kept, in one normal form', async () => {
  const { status, json } = await profile.mia('PUT', ME, {
    headers: { 'if-none-match': '*' },
    body: {
      handle: `M${'i_9'.repeat(9)}az`,
      displayName: `${'e\u0301'.repeat(63)}😀`,
      bio: `Family: 👨‍👩‍👧\n${'ü'.repeat(980)}`,
      links: FULL_LINKS.slice(0, 8),
      locale: 'zh-hant-TW-u-ca-roc',
    },
  });
  expect(status).toBe(201);
  expect(json).toMatchObject({ displayName: `${'é'.repeat(63)}😀`, locale: 'zh-Hant-TW-u-ca-roc' });
  expect(json.bio).toContain('👨‍👩‍👧\nü');
});
