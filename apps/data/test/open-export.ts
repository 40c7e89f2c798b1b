import { randomUUID } from 'node:crypto';
import { openRecordingServer, type CannedAnswer, type RecordedRequest } from '@roomkey/test-kit';
import { openData } from './open-data.ts';

/** `null` breaks the connection. */
export type Answer = CannedAnswer | null;

export interface Picture {
  readonly id: string;
  readonly bytes: Buffer;
}

export const PICTURES: readonly Picture[] = [1, 2, 3].map((n) => ({
  id: `00000000-0000-4000-8000-00000000000${n}`,
  bytes: Buffer.alloc(n * 50_000, `picture ${n}`),
}));

const ACCOUNT = { id: randomUUID(), name: 'mia', roles: ['guest'], created_at: '2026-11-20T10:00:00.000Z' };
const SESSIONS = { sessions: [{ id: randomUUID(), current: true }, { id: randomUUID() }] };
const PROFILE = { handle: 'Mia', displayName: 'Mia', avatar: '/profile/profiles/Mia/avatar' };
export const AVATAR = Buffer.alloc(2_000, 'avatar');
export const KEPT = { ACCOUNT, SESSIONS, PROFILE };

/** What the others answer, by the path that is asked. */
function usual(path: string): CannedAnswer {
  if (path === '/auth/accounts/current') return { body: ACCOUNT };
  if (path === '/auth/sessions') return { body: SESSIONS };
  if (path === '/profile/me') return { body: PROFILE };
  if (path === '/profile/profiles/Mia/avatar') return { body: AVATAR };
  const picture = PICTURES.find(({ id }) => path === `/image/images/${id}/original`);
  if (picture) return { body: picture.bytes };
  const items = PICTURES.map(({ id }) => ({ id, format: 'jpeg', width: 8, height: 6 }));
  if (path === '/image/images?limit=100') return { body: { items: items.slice(0, 2), next: 'page 2' } };
  if (path === '/image/images?limit=100&cursor=page+2') return { body: { items: items.slice(2) } };
  return { status: 404 };
}

/** A token that says what it is for, as the desk gives it for any exchange. */
function token({ body }: RecordedRequest): CannedAnswer {
  const form = new URLSearchParams(body.toString());
  return {
    body: {
      access_token: `${form.get('resource')}#${form.get('scope')}`,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 300,
    },
  };
}

type Answering = Answer | undefined | Promise<Answer | undefined>;

/** The service over real HTTP, with a desk and services that answer as they are told. */
export async function openExport() {
  const stack = new AsyncDisposableStack();
  const answers: { now: (path: string) => Answering; desk: Answer | undefined } = {
    now: () => undefined,
    desk: undefined,
  };
  const or = async (answering: Answering, otherwise: () => CannedAnswer) => {
    const answer = await answering;
    return answer === undefined ? otherwise() : (answer ?? undefined);
  };
  const desk = stack.use(await openRecordingServer((request) => or(answers.desk, () => token(request))));
  const elsewhere = stack.use(
    await openRecordingServer(({ path }) => or(answers.now(path), () => usual(path))),
  );
  const peers = { desk: desk.origin, elsewhere: elsewhere.origin };
  const data = stack.use(await openData({ peers }));
  const origin = await data.app.listen({ host: '127.0.0.1', port: 0 });
  const download = (claims: Record<string, unknown> = {}, init: RequestInit = {}) => {
    const authorization = `Bearer ${data.desk.token({ sub: 'mia', scope: 'data:read', ...claims })}`;
    return fetch(`${origin}/data/export`, { ...init, headers: { authorization } });
  };
  return {
    ...data,
    answers,
    asked: desk,
    elsewhere,
    download,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
