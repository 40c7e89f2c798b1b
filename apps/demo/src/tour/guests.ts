import { randomBytes } from 'node:crypto';
import type { Card } from '../card-file.ts';
import type { Answer, Client } from '../client.ts';
import { expect, expectStatus } from './expect.ts';
import { report, type Stage } from './step.ts';

export interface Guest {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly card: Card;
  readonly refreshToken: string;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
}

/** The client that front ends sign guests in with. */
const CLIENT_ID = 'app';

/** A guest registers, signs in, and has an access token for every room. */
export async function checkIn(stage: Stage, name: string): Promise<Guest> {
  const password = randomBytes(18).toString('base64url');
  const unique = `${name}-${stage.run}`;
  const registered = await stage.client.request('POST', '/auth/accounts', {
    json: { name: unique, password },
  });
  expectStatus(registered, 201);
  report(stage, registered, `"${unique}" is registered`);
  const { id } = registered.json() as { id: string };

  const signedIn = expectStatus(await signIn(stage, unique, password), 201);
  const tokens = tokensIn(signedIn);
  report(stage, signedIn, `card for ${tokens.expires_in} s: ${tokens.scope}`);
  return guestWith({ id, name: unique, password }, tokens);
}

export function signIn({ client }: Stage, name: string, password: string, scope?: string): Promise<Answer> {
  return client.request('POST', '/auth/sessions', { json: { name, password, ...(scope && { scope }) } });
}

/** A new card for the refresh token, which is replaced by another one. */
export async function renewCard(stage: Stage, guest: Guest): Promise<Guest> {
  const answer = await refresh(stage.client, guest);
  const renewed = guestWith(guest, tokensIn(expectStatus(answer, 200)));
  expect(renewed.refreshToken !== guest.refreshToken, 'another refresh token', 'the same again');
  expect(renewed.card.token !== guest.card.token, 'another card', 'the same again');
  report(stage, answer, 'a new card, and a new refresh token in place of the old one');
  return renewed;
}

/** The same without a word. */
export async function renewQuietly(client: Client, guest: Guest): Promise<Guest> {
  return guestWith(guest, tokensIn(expectStatus(await refresh(client, guest), 200)));
}

function refresh(client: Client, { refreshToken }: Guest): Promise<Answer> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: CLIENT_ID };
  return client.request('POST', '/auth/token', { form });
}

const guestWith = (who: Pick<Guest, 'id' | 'name' | 'password'>, tokens: Tokens): Guest => ({
  ...who,
  card: { token: tokens.access_token, seconds: tokens.expires_in },
  refreshToken: tokens.refresh_token,
});

function tokensIn(answer: Answer): Tokens {
  const tokens = answer.json() as Partial<Tokens>;
  for (const name of ['access_token', 'refresh_token', 'scope'] as const)
    expect(typeof tokens[name] === 'string', `a ${name} in the answer to ${answer.request}`, 'none');
  return tokens as Tokens;
}
