import type { Send } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { openProfile } from './open-profile.ts';

async function register(as: (subject: string) => Send, handle: string): Promise<void> {
  const body = { handle, displayName: `I am ${handle}`, locale: 'de' };
  const { status } = await as(`sub-${handle}`)('PUT', '/profile/me', {
    headers: { 'if-none-match': '*' },
    body,
  });
  expect(status).toBe(201);
}

test('others see what a user shows, and neither their locale nor their subject', async () => {
  await using profile = await openProfile();
  await register(profile.as, 'Mia');

  const seen = await profile.ben('GET', '/profile/profiles/mIa');
  expect(seen.status).toBe(200);
  expect(seen.json).toEqual({ handle: 'Mia', displayName: 'I am Mia', bio: '', links: [] });
  expect((await profile.ben('GET', '/profile/profiles?prefix=mi')).json).toEqual({ items: [seen.json] });
  expect((await profile.ben('GET', '/profile/profiles/mia2')).status).toBe(404);
});

test('a search finds handles by their beginning, in order, page by page', async () => {
  await using profile = await openProfile();
  for (const handle of ['anna', 'Ann_b', 'annZ', 'ann1', 'bob', 'an_x', 'andy'])
    await register(profile.as, handle);

  const handles: string[] = [];
  let next: string | undefined = '';
  let pages = 0;
  while (next !== undefined) {
    const page = await profile.ben('GET', `/profile/profiles?prefix=ANN&limit=2${next && `&cursor=${next}`}`);
    handles.push(...page.json.items.map((item: { handle: string }) => item.handle));
    next = page.json.next;
    pages += 1;
  }
  expect(handles).toEqual(['ann1', 'Ann_b', 'anna', 'annZ']);
  expect(pages).toBe(2);
  // The underscore stands for itself, not for any character.
  expect((await profile.ben('GET', '/profile/profiles?prefix=an_')).json.items).toHaveLength(1);
  expect((await profile.ben('GET', '/profile/profiles?prefix=x')).json).toEqual({ items: [] });
});
