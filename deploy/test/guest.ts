import { randomBytes } from 'node:crypto';

const JSON_TYPE = { 'content-type': 'application/json' };
/** One grey pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);

export interface Guest {
  readonly name: string;
  readonly password: string;
}

export async function register(origin: string): Promise<Guest> {
  const guest = {
    name: `guest-${randomBytes(4).toString('hex')}`,
    password: randomBytes(18).toString('base64url'),
  };
  await expectStatus(201, post(`${origin}/auth/accounts`, guest));
  return guest;
}

/** @returns the Authorization header of a new session */
export async function signIn(origin: string, guest: Guest): Promise<{ authorization: string }> {
  const answer = await expectStatus(201, post(`${origin}/auth/sessions`, guest));
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return { authorization: `Bearer ${token}` };
}

/** Leaves something in every room. @returns where, in the order image, profile, data */
export async function moveIn(origin: string, card: { authorization: string }): Promise<readonly string[]> {
  const put = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${origin}${path}`, {
      method: 'PUT',
      headers: { ...card, ...JSON_TYPE, ...headers },
      body: JSON.stringify(body),
    });
  const picture = await expectStatus(
    201,
    fetch(`${origin}/image/images`, { method: 'POST', headers: card, body: PICTURE }),
  );
  const { id } = (await picture.json()) as { id: string };
  const profile = { handle: `g${randomBytes(6).toString('hex')}`, displayName: 'A guest' };
  await expectStatus(201, put('/profile/me', profile, { 'if-none-match': '*' }));
  // Profile asks image, on the guest's behalf.
  await expectStatus(200, put('/profile/me/avatar', { image: id }));
  const note = await expectStatus(
    201,
    post(`${origin}/data/collections/notes/documents`, { text: 'the pool closes at ten' }, card),
  );
  return [`/image/iiif/${id}/full/max/0/default.jpg`, '/profile/me', note.headers.get('location') ?? ''];
}

function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
}

async function expectStatus(status: number, answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  if (response.status === status) return response;
  throw new Error(
    `${response.url} answered ${response.status} instead of ${status}: ${await response.text()}`,
  );
}
