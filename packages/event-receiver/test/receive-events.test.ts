import { createTestIssuer, openRecordingServer, type CannedAnswer } from '@roomkey/test-kit';
import { createTokenClient, generateClientKey } from '@roomkey/token-client';
import { expect, test } from 'vitest';
import { receiveEvents, type Counts, type Subject } from '../src/index.ts';
import { AUDIENCE, purge, type Event } from './desk.ts';

interface Poll {
  readonly maxEvents: number;
  readonly ack: readonly string[];
  readonly erased: Readonly<Record<string, Counts>>;
  readonly setErrs: Readonly<Record<string, { err: string }>>;
}

/** A desk that gives out the events it is told to, a page a poll, and a room that polls it. */
async function openRoom(
  erase: (subject: Subject) => Promise<Counts>,
  pages: (desk: ReturnType<typeof createTestIssuer>) => readonly (readonly Event[] | CannedAnswer)[],
) {
  const desk = createTestIssuer({ audience: AUDIENCE });
  const waiting = [...pages(desk)];
  const polls: Poll[] = [];
  const logged: { readonly message: string; readonly fields: object }[] = [];
  const server = await openRecordingServer(async ({ path, body }) => {
    if (path === '/auth/token')
      return { body: { access_token: 'own', token_type: 'Bearer', expires_in: 300 } };
    polls.push(JSON.parse(body.toString()) as Poll);
    const page = waiting.shift();
    // Held, as the desk does when there is nothing.
    if (page === undefined) return new Promise<undefined>(() => undefined);
    if (!Array.isArray(page)) return page as CannedAnswer;
    const events = page as readonly Event[];
    return {
      body: { sets: Object.fromEntries(events.map(({ id, set }) => [id, set])), moreAvailable: false },
    };
  });
  const log = (fields: object, message: string) => void logged.push({ fields, message });
  const receiver = receiveEvents({
    pollUrl: `${server.origin}/auth/events/poll`,
    deskResource: 'http://test/auth',
    tokens: createTokenClient({
      issuer: desk.issuer,
      tokenUrl: `${server.origin}/auth/token`,
      clientId: 'room',
      privateKey: generateClientKey(),
    }),
    view: desk.knowledge,
    audience: AUDIENCE,
    erase,
    log: { info: log, warn: log },
  });
  return {
    desk,
    server,
    polls,
    logged,
    receiver,
    async [Symbol.asyncDispose]() {
      await receiver.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const counts = { cars: 2 };

test('it asks with a token of its own, erases, and then acknowledges with what was erased', async () => {
  const erased: Subject[] = [];
  let given: Event | undefined;
  await using room = await openRoom(
    async (subject) => {
      erased.push(subject);
      return counts;
    },
    (desk) => [[(given = purge(desk, 'mia'))]],
  );
  await expect.poll(() => room.polls.length).toBe(2);
  const id = given?.id ?? '';
  expect(room.polls[0]).toMatchObject({ ack: [], erased: {}, setErrs: {} });
  expect(room.polls[1]).toMatchObject({ ack: [id], erased: { [id]: counts }, setErrs: {} });
  expect(erased).toEqual([{ issuer: room.desk.issuer, subject: 'mia' }]);
  const [form, poll] = room.server.received;
  expect(new URLSearchParams(form?.body.toString()).get('resource')).toBe('http://test/auth');
  expect(new URLSearchParams(form?.body.toString()).get('scope')).toBe('events');
  expect(poll?.headers['authorization']).toBe('Bearer own');
});

test('a forged event erases nothing, is reported, and the genuine one beside it is done', async () => {
  const erased: string[] = [];
  let events: readonly Event[] = [];
  await using room = await openRoom(
    async ({ subject }) => {
      erased.push(subject);
      return counts;
    },
    (desk) => {
      const forger = createTestIssuer({ audience: AUDIENCE, issuer: desk.issuer });
      const genuine = purge(desk, 'ben');
      // The third came under the id of another.
      events = [purge(forger, 'mia'), genuine, { id: crypto.randomUUID(), set: purge(desk, 'cleo').set }];
      return [events];
    },
  );
  await expect.poll(() => room.polls.length).toBe(2);
  const [forged, genuine, renamed] = events.map(({ id }) => id);
  expect(erased).toEqual(['ben']);
  expect(room.polls[1]?.ack).toEqual([genuine]);
  expect(room.polls[1]?.setErrs).toMatchObject({
    [forged ?? '']: { err: 'invalid_key' },
    [renamed ?? '']: { err: 'invalid_request' },
  });
});

test('an erasure that fails is not acknowledged, and the next event is done', async () => {
  let events: readonly Event[] = [];
  await using room = await openRoom(
    async ({ subject }) => {
      if (subject === 'mia') throw new Error('the database is away');
      return counts;
    },
    (desk) => [(events = [purge(desk, 'mia'), purge(desk, 'ben')])],
  );
  await expect.poll(() => room.polls.length).toBe(2);
  expect(room.polls[1]).toMatchObject({ ack: [events[1]?.id], setErrs: {} });
  expect(room.logged.map(({ message }) => message)).toContain('an account is not erased yet');
});

test.each<[string, CannedAnswer]>([
  ['is away for a while', { status: 503 }],
  ['says something else', { body: { sets: ['no'] } }],
  ['says no', { status: 403, body: {} }],
])('when the desk %s it asks again, and says again what it may not have heard', async (_how, answer) => {
  let given: Event | undefined;
  await using room = await openRoom(
    async () => counts,
    (desk) => [[(given = purge(desk, 'mia'))], answer, []],
  );
  await expect.poll(() => room.polls.length).toBe(4);
  const id = given?.id;
  expect(room.polls.map(({ ack }) => ack)).toEqual([[], [id], [id], []]);
});

test('closed, it waits for the erasure that is under way and for nothing else', async () => {
  const finish = Promise.withResolvers<Counts>();
  let isClosed = false;
  await using room = await openRoom(
    () => finish.promise,
    (desk) => [[purge(desk, 'mia'), purge(desk, 'ben')]],
  );
  await expect.poll(() => room.polls.length).toBe(1);
  const closing = room.receiver.close().then(() => (isClosed = true));
  await Promise.race([closing, new Promise((resolve) => setImmediate(resolve))]);
  finish.resolve(counts);
  await closing;
  expect(isClosed).toBe(true);
  expect(room.polls).toHaveLength(1);
});
