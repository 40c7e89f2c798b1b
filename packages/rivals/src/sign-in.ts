import type { MeasuredProcess } from '@roomkey/experiment';

/** What a client sends with every request once it is signed in. */
export type CredentialHeaders = Readonly<Record<string, string>>;

/**
 * Signs somebody in at a rival.
 *
 * @returns the headers that every later request carries: a cookie, or a bearer token
 * @throws when it is not answered with 201
 */
export async function signIn(
  { port }: Pick<MeasuredProcess, 'port'>,
  name: string,
  password = 'correct horse battery',
): Promise<CredentialHeaders> {
  const response = await fetch(`http://127.0.0.1:${port}/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (response.status !== 201) throw new Error(`signing in is answered with ${response.status}`);
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  return { cookie: cookies.join('; ') };
}
