/** All services as they are run, two replicas each: what becomes of an account in all of them when it is erased. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@roomkey/database';
import { startSystem, type ServiceName } from '@roomkey/embedded-system';
import { rowsHolding } from '@roomkey/test-kit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';

const TIMEOUT_MS = 120_000;
const NOTES = '/data/collections/notes/documents';
const PATIENCE = { timeout: 60_000, interval: 100 };
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

type House = Awaited<ReturnType<typeof openHouse>>;
let house: House;

beforeAll(async () => {
  house = await openHouse();
}, TIMEOUT_MS);
afterAll(() => house.stack.disposeAsync(), TIMEOUT_MS);

interface Guest {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a test expects of it is said by its assertions
  readonly json: any;
}

async function openHouse() {
  const stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'erasure-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const system = stack.use(
    await startSystem({
      dataDir,
      port: 0,
      replicas: 2,
      settings: (service) => (service === 'auth' ? { EVENT_REDELIVERY_SECONDS: '1' } : {}),
    }),
  );
  const send = async (
    method: string,
    path: string,
    token?: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const isRaw = Buffer.isBuffer(body);
    const response = await fetch(`${system.origin}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': isRaw ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      ...(body && { body: isRaw ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, json };
  };
  return { stack, system, send };
}

const passwordOf = (name: string): string => `${name}-likes-long-walks`;

async function checkIn(name: string): Promise<Guest> {
  const credentials = { name, password: passwordOf(name) };
  const { json } = await house.send('POST', '/auth/accounts', undefined, credentials);
  const signedIn = await house.send('POST', '/auth/sessions', undefined, credentials);
  expect(signedIn.status).toBe(201);
  return { id: json.id, name, token: signedIn.json.access_token };
}

/** One of everything: a profile with a picture, an image, documents, a share. */
async function settleIn(
  { name, token }: Guest,
  sharedWith: Guest,
): Promise<{ image: string; document: string }> {
  const { send } = house;
  const image = (await send('POST', '/image/images', token, PIXEL)).json.id as string;
  await send('PUT', '/profile/me', token, { handle: name, displayName: name }, { 'if-none-match': '*' });
  expect((await send('PUT', '/profile/me/avatar', token, { image })).status).toBe(200);
  await send('POST', NOTES, token, { n: 1 });
  const location = String((await send('POST', NOTES, token, { n: 2 })).headers.get('location'));
  const shared = await send('PUT', `${location}/shares/${sharedWith.id}`, token, { access: 'read' });
  expect(shared.status).toBe(200);
  return { image, document: location.split('/').at(-1) ?? '' };
}

interface Receipt {
  readonly id: string;
  readonly receipt: string;
}

async function erase({ name, token }: Guest): Promise<Receipt> {
  const answer = await house.send('DELETE', '/auth/accounts/current', token, { password: passwordOf(name) });
  expect(answer.status).toBe(202);
  return answer.json as Receipt;
}

const reportOf = async ({ id, receipt }: Receipt) =>
  (await house.send('GET', `/auth/erasures/${id}`, receipt)).json;

/** What the report says of a service, by its name. */
async function partOf(receipt: Receipt, service: ServiceName) {
  const { services } = await reportOf(receipt);
  return services.find(
    ({ resource }: { resource: string }) => resource === `${house.system.origin}/${service}`,
  );
}

const erased = (receipt: Receipt) =>
  expect.poll(async () => (await reportOf(receipt))?.state, PATIENCE).toBe('erased');

/** Nothing but the notes that somebody is erased says the id any more. */
async function expectNothingOf({ id }: Guest): Promise<void> {
  const kept = { auth: ['audit_log', 'erasures'], image: ['erased_subjects'] };
  const tables = { profile: kept.image, data: kept.image, ...kept };
  for (const [service, expected] of Object.entries(tables)) {
    const rows = await rowsHolding(house.system.databaseUrl(service as ServiceName), id);
    expect({ service, tables: [...new Set(rows.map(({ table }) => table))].toSorted() }).toEqual({
      service,
      tables: expected,
    });
  }
}

/** Holds what a user has in data, so that its erasure stops there, until disposed. */
async function holdDocuments({
  id,
}: Guest): Promise<AsyncDisposable & { untilErasing: () => Promise<void> }> {
  const database = openDatabase<object>({
    url: house.system.databaseUrl('data'),
    applicationName: 'test',
    onError: () => {},
    statementTimeoutMs: TIMEOUT_MS,
  });
  const isHeld = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holding = database.db.transaction().execute(async (transaction) => {
    await sql`select from documents where subject = ${id} for update`.execute(transaction);
    isHeld.resolve();
    await release.promise;
  });
  await Promise.race([isHeld.promise, holding]);
  return {
    untilErasing: () =>
      expect
        .poll(async () => {
          const { rows } = await sql`
            select from pg_stat_activity where application_name = 'data' and wait_event_type = 'Lock'
            and datname = current_database()`.execute(database.db);
          return rows.length;
        }, PATIENCE)
        .toBeGreaterThan(0),
    async [Symbol.asyncDispose]() {
      release.resolve();
      await holding;
      await database.close();
    },
  };
}

const DATA_COUNTS = {
  shares_given: 1,
  shares_received: 0,
  documents: 2,
  changes: 2,
  collections: 1,
  idempotency_keys: 0,
  quotas: 1,
};

test(
  'everything is gone from every service, others see nothing of it, and the report says what it was',
  { timeout: TIMEOUT_MS },
  async () => {
    const { system, send } = house;
    const [mia, ben] = [await checkIn('mia'), await checkIn('ben')];
    const { image, document } = await settleIn(mia, ben);
    const shared = `/data/shared/${document}`;
    const avatar = '/profile/profiles/mia/avatar';
    for (const path of [shared, avatar]) expect((await send('GET', path, ben.token)).status).toBe(200);
    const objects = join(system.dataDir, 'images');
    const files = async () =>
      (await readdir(objects, { recursive: true })).filter((file) => file.includes(image));
    expect(await files()).not.toEqual([]);

    const receipt = await erase(mia);
    await erased(receipt);
    expect((await reportOf(receipt)).services).toMatchObject([
      { resource: `${system.origin}/auth`, counts: { accounts: 1, sessions: 1 } },
      { resource: `${system.origin}/data`, counts: DATA_COUNTS },
      { resource: `${system.origin}/image`, counts: { images: 1, quotas: 1 } },
      { resource: `${system.origin}/profile`, counts: { profiles: 1, avatars: 1 } },
    ]);
    await expectNothingOf(mia);
    expect(await files()).toEqual([]);
    for (const path of [shared, avatar, '/profile/profiles/mia'])
      expect({ path, status: (await send('GET', path, ben.token)).status }).toEqual({ path, status: 404 });
    const again = { name: 'mia', password: passwordOf('mia') };
    expect((await send('POST', '/auth/sessions', undefined, again)).status).toBe(401);
    await expect.poll(async () => (await send('GET', NOTES, mia.token)).status).toBe(401);

    // The name, and the handle, are another's from now on.
    const heir = await checkIn('mia');
    expect(heir.id).not.toBe(mia.id);
    const made = await send(
      'PUT',
      '/profile/me',
      heir.token,
      { handle: 'mia', displayName: 'M' },
      { 'if-none-match': '*' },
    );
    expect(made.status).toBe(201);
    expect((await send('GET', '/image/images', heir.token)).json.items).toEqual([]);
  },
);

test(
  'what is written with the card that is still out leaves nothing, and is never answered with a fault',
  { timeout: TIMEOUT_MS },
  async () => {
    const guest = await checkIn('racer');
    const write = async (): Promise<void> => {
      for (;;) {
        const { status } = await house.send('POST', NOTES, guest.token, { n: 1 });
        expect([201, 401, 410]).toContain(status);
        if (status === 401) return;
      }
    };
    const writers = Array.from({ length: 6 }, write);
    const receipt = await erase(guest);
    await Promise.all(writers);
    await erased(receipt);
    await expectNothingOf(guest);
  },
);

test(
  'a replica that is killed in the middle of an erasure is stood in for by another, and the counts are right',
  { timeout: TIMEOUT_MS },
  async () => {
    const [guest, other] = [await checkIn('unlucky'), await checkIn('witness')];
    await settleIn(guest, other);
    let receipt: Receipt;
    {
      await using held = await holdDocuments(guest);
      receipt = await erase(guest);
      await held.untilErasing();
      // Whichever it was, it is gone; each comes back as a new process.
      for (const name of ['data-1', 'data-2']) {
        await house.system.kill(name);
        await house.system.replica(name).whenReady();
      }
      expect(await partOf(receipt, 'data')).toMatchObject({ state: 'pending' });
    }
    await erased(receipt);
    expect(await partOf(receipt, 'data')).toMatchObject({ counts: DATA_COUNTS });
    await expectNothingOf(guest);
  },
);

test(
  'a desk that is away meanwhile is told when it is back, and the counts are right',
  { timeout: TIMEOUT_MS },
  async () => {
    const [guest, other] = [await checkIn('patient'), await checkIn('onlooker')];
    await settleIn(guest, other);
    let receipt: Receipt;
    {
      await using held = await holdDocuments(guest);
      receipt = await erase(guest);
      await held.untilErasing();
      await house.system.stop('auth');
    }
    await house.system.start('auth');
    await erased(receipt);
    expect(await partOf(receipt, 'data')).toMatchObject({ counts: DATA_COUNTS });
    await expectNothingOf(guest);
  },
);
