import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { expect, test, vi } from 'vitest';
import { ChildLog } from '../src/child-log.ts';
import { freePorts } from '../src/ports.ts';
import { Replica } from '../src/replica.ts';
import type { SystemEvent } from '../src/system-event.ts';
import { scratchFolder } from './folder.ts';

const SERVES = `
  import { createServer } from 'node:http';
  createServer((request, response) => response.end(JSON.stringify(process.env)))
    .listen(Number(process.env.PORT), '127.0.0.1', () => process.send({ listening: 'here' }));
  process.on('disconnect', () => process.exit());
`;

/** A replica that runs this program. */
async function replicaOf(folder: string, program: string) {
  await mkdir(join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'src', 'server.ts'), program);
  const [port = 0] = await freePorts(1);
  const events: SystemEvent[] = [];
  const replica = new Replica(
    {
      name: 'toy-1',
      service: 'toy',
      origin: `http://127.0.0.1:${port}`,
      readyPath: '/readyz',
      folder,
      env: () => ({ PORT: String(port) }),
      log: new ChildLog(join(folder, 'toy-1.log')),
    },
    (event) => events.push(event),
  );
  return { replica, events, [Symbol.asyncDispose]: () => replica.stop(0) };
}

const isAlive = (pid: number): boolean => {
  try {
    return kill(pid, 0);
  } catch {
    return false;
  }
};

test('a child sees its settings and nothing else of the environment of its parent', async () => {
  await using folder = await scratchFolder();
  await using toy = await replicaOf(folder.path, SERVES);
  await toy.replica.start();
  const seen = (await (await fetch(toy.replica.origin)).json()) as Record<string, string>;
  const own = Object.keys(seen).filter((name) => !name.startsWith('NODE_CHANNEL'));
  expect(own).toEqual(['PORT']);
});

test('a child that dies at its start is reported with what it wrote last', async () => {
  await using folder = await scratchFolder();
  await using toy = await replicaOf(folder.path, `console.error('no key to the cellar'); process.exit(3);`);
  const start = toy.replica.start();
  await expect(start).rejects.toThrow(
    /toy-1 ended with exit code 3\..*toy-1\.log:\n {2}no key to the cellar/,
  );
  expect(toy.replica.pid).toBeUndefined();
});

test('a child that is killed is started anew at the same address, and who waits for it is served', async () => {
  await using folder = await scratchFolder();
  await using toy = await replicaOf(folder.path, SERVES);
  const { replica, events } = toy;
  await replica.start();
  const first = replica.pid;
  await replica.kill();
  await replica.whenReady();
  expect(replica.pid).not.toBe(first);
  expect(replica.starts).toBe(2);
  expect((await fetch(replica.origin)).ok).toBe(true);
  expect(events.map(({ kind }) => kind)).toEqual(['died', 'back']);
});

test('a child that cannot live any more is given up after a few tries, and can be started again by hand', async () => {
  await using folder = await scratchFolder();
  await using toy = await replicaOf(folder.path, SERVES);
  const { replica, events } = toy;
  await replica.start();
  await writeFile(join(folder.path, 'src', 'server.ts'), `throw new Error('the roof is gone')`);
  await replica.kill();
  await expect(replica.whenReady()).rejects.toThrow('the roof is gone');
  expect(replica.starts).toBe(7);
  expect(events.at(-1)).toMatchObject({ kind: 'given-up', part: 'toy-1' });
  await writeFile(join(folder.path, 'src', 'server.ts'), SERVES);
  await replica.start();
  expect((await fetch(replica.origin)).ok).toBe(true);
});

test('a child that will not leave is killed after the grace, together with the helpers it has', async () => {
  await using folder = await scratchFolder();
  const helper = `setInterval(() => {}, 1000)`;
  const stubborn = `
    import { spawn } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => {});
    const helper = spawn(process.execPath, ['-e', ${JSON.stringify(helper)}]);
    writeFileSync('helper.pid', String(helper.pid));
    ${SERVES}`;
  await using toy = await replicaOf(folder.path, stubborn);
  await toy.replica.start();
  const { pid = 0 } = toy.replica;
  const helperPid = Number(await vi.waitFor(() => readFile(join(folder.path, 'helper.pid'), 'utf8')));
  expect(isAlive(helperPid)).toBe(true);

  const startedAt = Date.now();
  await toy.replica.stop(200);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(190);
  expect(isAlive(pid)).toBe(false);
  await vi.waitUntil(() => !isAlive(helperPid), { timeout: 5_000 });
});

test('stopping a child that is still starting leaves none behind', async () => {
  await using folder = await scratchFolder();
  await using toy = await replicaOf(folder.path, `setInterval(() => {}, 1000);`);
  const start = toy.replica.start().catch((error: unknown) => error);
  await vi.waitUntil(() => toy.replica.pid !== undefined);
  const { pid = 0 } = toy.replica;
  await toy.replica.stop(1_000);
  expect(isAlive(pid)).toBe(false);
  expect(await start).toBeInstanceOf(Error);
});
