import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Request, Speak } from './clients.ts';

export interface Step {
  readonly name: string;
  readonly wanted: number;
  readonly seen: number;
}

export interface Journey {
  readonly steps: readonly Step[];
  readonly cookiesSet: number;
  /** How long a card lives, as the desk says. */
  readonly cardSeconds: number;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const DOCUMENTS = '/data/collections/lab/documents';
const REFUSED_WITHIN_MS = 10_000;

/** The whole journey with tokens: the client keeps two texts and nothing else. */
export async function travel(origin: string, speak: Speak): Promise<Journey> {
  const steps: Step[] = [];
  let cookiesSet = 0;
  const ask = async (request: Request): Promise<Answer> => {
    const answer = await speak(origin, request);
    cookiesSet += answer.cookies.length;
    return answer;
  };
  const step = async (name: string, wanted: number, request: Request): Promise<Answer> => {
    const answer = await ask(request);
    steps.push({ name, wanted, seen: answer.status });
    return answer;
  };
  const credentials = JSON.stringify({
    name: `lab-${randomBytes(6).toString('hex')}`,
    password: randomBytes(12).toString('hex'),
  });
  const refresh = (token: string): Request => ({
    method: 'POST',
    path: '/auth/token',
    headers: FORM_TYPE,
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'app',
      refresh_token: token,
    }).toString(),
  });

  await step('register', 201, {
    method: 'POST',
    path: '/auth/accounts',
    headers: JSON_TYPE,
    body: credentials,
  });
  const first = tokensOf(
    await step('sign in', 201, {
      method: 'POST',
      path: '/auth/sessions',
      headers: JSON_TYPE,
      body: credentials,
    }),
  );
  await step('read without a card', 401, { method: 'GET', path: DOCUMENTS });
  await step('write', 201, {
    method: 'POST',
    path: DOCUMENTS,
    headers: { ...JSON_TYPE, ...card(first) },
    body: '{"text": "from a bare socket"}',
  });
  await step('read', 200, { method: 'GET', path: DOCUMENTS, headers: card(first) });
  const second = tokensOf(await step('refresh', 200, refresh(first.refresh_token)));
  await step('read with the new card', 200, { method: 'GET', path: DOCUMENTS, headers: card(second) });
  await step('sign out', 204, {
    method: 'DELETE',
    path: '/auth/sessions/current',
    headers: card(second),
  });
  steps.push({
    name: 'read after signing out',
    wanted: 401,
    seen: await untilRefused(() => ask({ method: 'GET', path: DOCUMENTS, headers: card(second) })),
  });
  await step('refresh after signing out', 400, refresh(second.refresh_token));
  return { steps, cookiesSet, cardSeconds: first.expires_in };
}

/** The sign-in of the session control, then a read: without its cookie, and with the cookie copied by hand. */
export async function travelWithSession(
  origin: string,
  speak: Speak,
): Promise<{ readonly ignoringCookies: number; readonly copyingByHand: number }> {
  const { cookies } = await speak(origin, {
    method: 'POST',
    path: '/sessions',
    headers: JSON_TYPE,
    body: '{"name": "ada", "password": "correct horse battery"}',
  });
  const cookie = cookies.map((one) => one.split(';')[0]).join('; ');
  const read = async (headers: Record<string, string>): Promise<number> =>
    (await speak(origin, { method: 'GET', path: '/documents', headers })).status;
  return { ignoringCookies: await read({}), copyingByHand: await read({ cookie }) };
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

function tokensOf({ body }: Answer): Tokens {
  return JSON.parse(body) as Tokens;
}

const card = ({ access_token: token }: Tokens): Record<string, string> => ({
  authorization: `Bearer ${token}`,
});

async function untilRefused(read: () => Promise<Answer>): Promise<number> {
  const deadline = Date.now() + REFUSED_WITHIN_MS;
  for (;;) {
    const { status } = await read();
    if (status !== 200 || Date.now() > deadline) return status;
    await pause(20);
  }
}
