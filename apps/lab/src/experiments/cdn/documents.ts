import { readFile } from 'node:fs/promises';
import { Guest, type Surroundings } from '@roomkey/experiment';
import { bearer } from '../../our-side.ts';

/** What is asked for through the cache. */
export interface Document {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export const KEYS = 'keys (JWKS)';
export const LIST = 'revocation list';
export const PICTURE = 'public picture';
export const PRIVATE_PICTURE = 'private picture';
export const SESSION_READ = 'read with a session';

/** Its picture: large enough that a derivative is work. */
const PICTURE_FILE = new URL('../../../../demo/assets/roomkey.jpg', import.meta.url);

export async function findDocuments({ system, gateway }: Surroundings): Promise<readonly Document[]> {
  const { card } = await (await Guest.register(gateway)).signIn();
  const { status_lists: lists } = await gateway.expect<{ status_lists: string[] }>(200, '/auth/status-lists');
  const [list] = lists;
  if (list === undefined) throw new Error('there is no revocation list');
  const picture = async (visibility: 'public' | 'private'): Promise<string> => {
    const { id } = await upload(system.origin, card);
    await gateway.expect(200, `/image/images/${id}`, { method: 'PATCH', card, json: { visibility } });
    // Another address than the canonical one is answered with that.
    const asked = `${system.origin}/image/iiif/${id}/full/!320,320/0/default.jpg`;
    return new URL((await fetch(asked, { headers: bearer(card) })).url).pathname;
  };
  return [
    { name: KEYS, path: '/.well-known/jwks.json', headers: {} },
    { name: LIST, path: new URL(list).pathname, headers: {} },
    { name: PICTURE, path: await picture('public'), headers: {} },
    { name: PRIVATE_PICTURE, path: await picture('private'), headers: bearer(card) },
  ];
}

async function upload(origin: string, card: string): Promise<{ id: string }> {
  const answer = await fetch(`${origin}/image/images`, {
    method: 'POST',
    headers: { ...bearer(card), 'content-type': 'image/jpeg' },
    body: await readFile(PICTURE_FILE),
  });
  if (answer.status !== 201) throw new Error(`an upload is answered with ${answer.status}`);
  return (await answer.json()) as { id: string };
}
