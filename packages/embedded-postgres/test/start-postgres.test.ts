import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getuid, pid as ownPid } from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { reachableDataDir, startPostgres } from '../src/index.ts';
import { query, scratchFolder } from './scratch.ts';

const home = await scratchFolder();
const server = await startPostgres({ dataDir: home.path, durable: false });
afterAll(async () => {
  await server.stop();
  await home[Symbol.asyncDispose]();
});

test('a first start makes a PostgreSQL 18 that answers over TCP with scram and keeps its password to itself', async () => {
  const [row] = await query(server.superuserUrl, `select current_setting('server_version') as version`);
  expect(row).toEqual({ version: expect.stringMatching(/^18\./) });
  const wrong = new URL(server.superuserUrl);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  const { mode } = await stat(join(home.path, 'cluster', 'superuser-password'));
  expect(mode & 0o777).toBe(0o600);
});

test('a second start on the folder finds data, roles and the same passwords', async () => {
  await using folder = await scratchFolder();
  const first = await startPostgres({ dataDir: folder.path, binariesDir: home.path, durable: false });
  const url = await first.createDatabase('orders');
  await query(url, 'create table kept as select 42 as answer');
  await first.stop();

  await using second = await startPostgres({ dataDir: folder.path, binariesDir: home.path, durable: false });
  const again = await second.createDatabase('orders');
  expect(new URL(again).password).toBe(new URL(url).password);
  expect(await query(again, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('a role reaches its own database and no other', async () => {
  const mine = await server.createDatabase('mine');
  await server.createDatabase('theirs');

  expect(await query(mine, 'select current_user, current_database()')).toEqual([
    { current_user: 'mine', current_database: 'mine' },
  ]);
  for (const other of ['theirs', 'postgres', 'template1']) {
    await expect(query(mine.replace(/\/mine$/, `/${other}`), 'select 1')).rejects.toMatchObject({
      code: '42501',
    });
  }
  await expect(query(mine, 'create database more')).rejects.toMatchObject({ code: '42501' });
  await expect(query(mine, 'create role more')).rejects.toMatchObject({ code: '42501' });
});

test('the same database asked for many times at once is made once', async () => {
  const urls = await Promise.all(Array.from({ length: 8 }, () => server.createDatabase('wanted')));
  expect(new Set(urls).size).toBe(1);
});

test('a name that is no plain identifier is refused', async () => {
  await expect(server.createDatabase('a"; drop')).rejects.toThrow('not a usable database or role name');
});

test('two starts at once on a fresh folder give one server and one clear message', async () => {
  await using folder = await scratchFolder();
  const results = await Promise.allSettled(
    [1, 2].map(() => startPostgres({ dataDir: folder.path, durable: false })),
  );
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  await Promise.all(started.map((one) => one.stop()));
  expect(started).toHaveLength(1);
  expect(refused).toEqual([expect.stringMatching(/already runs|lock file "postmaster.pid" already exists/)]);
});

test('a start while a server runs on the folder names that server', async () => {
  await expect(startPostgres({ dataDir: home.path })).rejects.toThrow(
    `(pid ${server.pid}, port ${server.port}) already runs`,
  );
});

test("a lock left by a dead server does not stop a start, even when its pid is another program's now", async () => {
  await using folder = await scratchFolder();
  const lock = join(folder.path, 'cluster', 'data', 'postmaster.pid');
  const first = await startPostgres({ dataDir: folder.path, binariesDir: home.path, durable: false });
  const text = await readFile(lock, 'utf8');
  await first.stop();

  await writeFile(lock, text.replace(/^\d+/, String(ownPid)));
  await using second = await startPostgres({ dataDir: folder.path, binariesDir: home.path, durable: false });
  expect(await query(second.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a start that fails says why with the end of the log', async () => {
  await using folder = await scratchFolder();
  const occupant = createServer();
  await new Promise<void>((done) => occupant.listen(0, '127.0.0.1', done));
  const { port } = occupant.address() as AddressInfo;
  await expect(
    startPostgres({ dataDir: folder.path, binariesDir: home.path, port, durable: false }),
  ).rejects.toThrow('Address already in use');
  await new Promise((done) => occupant.close(done));
});

test.runIf(getuid?.() === 0)(
  'root is told which folder shuts the server out, and is offered another',
  async () => {
    await using folder = await scratchFolder();
    const secret = join(folder.path, 'private');
    await mkdir(secret, { mode: 0o700 });
    const wanted = join(secret, 'data');
    await expect(startPostgres({ dataDir: wanted })).rejects.toThrow(`cannot enter ${secret}:`);
    const offered = await reachableDataDir(wanted);
    expect(offered).toMatch(/^\/var\/lib\/embedded-postgres\/[0-9a-f]{16}$/);
    expect(await reachableDataDir(wanted)).toBe(offered);
    await rm(offered, { recursive: true });
    expect(await reachableDataDir(join(folder.path, 'open'))).toBe(join(folder.path, 'open'));
  },
);

test('a start that is given up throws the reason and leaves neither a server nor half of the data', async () => {
  await using folder = await scratchFolder();
  const reason = new Error('never mind');
  for (const afterMs of [0, 150, 400, 900]) {
    const givenUp = new AbortController();
    setTimeout(() => givenUp.abort(reason), afterMs);
    const start = startPostgres({ dataDir: folder.path, durable: false, signal: givenUp.signal });
    // A start that was done before is stopped here and has nothing to be given up.
    const outcome = await start.then(
      (late) => late.stop(),
      (error: unknown) => error,
    );
    expect(outcome === undefined || outcome === reason).toBe(true);
    const left = await readdir(folder.path);
    expect(left.filter((name) => name.startsWith('cluster.'))).toEqual([]);
  }
});
