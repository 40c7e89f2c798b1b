import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { execPath } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import type { NormaliseJob } from '../../src/domain/image-processor.ts';
import { createWorkerPool, type WorkerPoolOptions } from '../../src/imaging/worker-pool.ts';
import { corners } from '../pictures.ts';

const folder = await mkdtemp(join(tmpdir(), 'roomkey-workers-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const LIMITS = { maxPixels: 50e6, maxMemoryBytes: 1e9, maxStoredBytes: 1e9 };

async function jobOf(name: string, bytes: Buffer): Promise<NormaliseJob> {
  const input = join(folder, `${name}.png`);
  await writeFile(input, bytes);
  return { input, output: join(folder, `${name}.out`), kind: 'png', limits: LIMITS };
}

const quick = await jobOf('quick', await corners(8, 8).png().toBuffer());

/** A job whose input is a pipe into which nobody writes: once it has started, it never ends. */
async function endlessJob() {
  const input = join(folder, randomUUID());
  await promisify(execFile)('mkfifo', [input]);
  return {
    job: { ...quick, input, output: `${input}.out` },
    /** Resolves when a worker reads the pipe; it reads on until what this gives is closed. */
    started: () => open(input, 'w'),
    /** Puts an image in its place, for whoever opens it next. */
    replace: async () => {
      await copyFile(quick.input, `${input}.copy`);
      await rename(`${input}.copy`, input);
    },
  };
}

function openPool(options: Partial<WorkerPoolOptions> = {}) {
  const losses: string[] = [];
  const pool = createWorkerPool({
    workers: 1,
    maxWaiting: 10,
    timeoutMs: 20_000,
    onLoss: (how) => losses.push(how),
    ...options,
  });
  return { pool, losses, [Symbol.dispose]: () => pool.close() };
}

/** Process ids and parents of workers that run; one that has ended and waits to be buried has lost its arguments. */
async function workers(): Promise<{ pid: number; parent: number }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes('imaging/worker.ts'))
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => ({ pid, parent }));
}

const workersOf = async (starter: number) => (await workers()).filter(({ parent }) => parent === starter);

async function killWorker(): Promise<void> {
  const [worker] = await workersOf(process.pid);
  process.kill(worker?.pid ?? 0, 'SIGKILL');
}

/** Looks and kills before anything that it may say can be heard. */
function killStartingWorker(): void {
  const pids = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'imaging/worker.ts'], {
    encoding: 'utf8',
  });
  for (const pid of pids.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
}

test('a worker that is killed once in the middle of a job loses no job (security 134)', async () => {
  using opened = openPool();
  const endless = await endlessJob();
  const result = opened.pool.normalise(endless.job);
  await using _pipe = await endless.started();
  await endless.replace();
  await killWorker();
  expect(await result).toMatchObject({ kind: 'normalised', width: 8 });
  expect(opened.losses).toEqual(['crashed']);
});

test('an image that kills its worker every time is broken, and the next image is read', async () => {
  using opened = openPool();
  const endless = await endlessJob();
  const result = opened.pool.normalise(endless.job);
  for (const losses of [1, 2]) {
    await using _pipe = await endless.started();
    await killWorker();
    await vi.waitFor(() => expect(opened.losses).toHaveLength(losses));
  }
  expect(await result).toEqual({ kind: 'refused', refusal: 'broken' });
  expect(opened.losses).toEqual(['crashed', 'crashed']);
  expect(await opened.pool.normalise(quick)).toMatchObject({ kind: 'normalised', width: 8 });
});

test('a worker that is killed while it rests is replaced', async () => {
  using opened = openPool();
  await opened.pool.normalise(quick);
  await killWorker();
  expect(await opened.pool.normalise(quick)).toMatchObject({ kind: 'normalised' });
});

test('a worker that is killed while it starts is replaced, and its death told once', async () => {
  using opened = openPool();
  const result = opened.pool.normalise(quick);
  killStartingWorker();
  expect(await result).toMatchObject({ kind: 'normalised' });
  expect(opened.losses).toEqual(['not-begun']);
});

test('a worker that does not take its job is not the image being slow: another one takes it', async () => {
  using opened = openPool({ timeoutMs: 1_000 });
  await opened.pool.normalise(quick);
  const [stopped] = await workersOf(process.pid);
  process.kill(stopped?.pid ?? 0, 'SIGSTOP');
  expect(await opened.pool.normalise(quick)).toMatchObject({ kind: 'normalised' });
  expect(opened.losses).toEqual(['not-begun']);
  await vi.waitFor(async () => expect(await workersOf(process.pid)).not.toContainEqual(stopped));
});

test('a job that two workers did not begin is a fault that may pass, not a refusal, and the next one is done', async () => {
  const losses: string[] = [];
  using opened = openPool({
    onLoss: (how) => {
      // The second one starts when the first one is told of.
      if (losses.push(how) === 1) setImmediate(killStartingWorker);
    },
  });
  const result = opened.pool.normalise(quick);
  killStartingWorker();
  await expect(result).rejects.toMatchObject({ code: 'EAGAIN' });
  expect(losses).toEqual(['not-begun', 'not-begun']);
  expect(await opened.pool.normalise(quick)).toMatchObject({ kind: 'normalised' });
});

test('an image that takes too long is given up, and the next one is read (security 126)', async () => {
  using opened = openPool({ timeoutMs: 300 });
  const endless = await endlessJob();
  const startedAt = performance.now();
  expect(await opened.pool.normalise(endless.job)).toEqual({ kind: 'refused', refusal: 'too-slow' });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(opened.losses).toEqual(['timed-out']);
  expect(await opened.pool.normalise(quick)).toMatchObject({ kind: 'normalised' });
});

test('as many jobs wait as may, in the order in which they came', async () => {
  using opened = openPool({ maxWaiting: 2 });
  const ended: number[] = [];
  const results = await Promise.all(
    [0, 1, 2, 3, 4].map(async (n) => {
      const result = await opened.pool.normalise(quick);
      if (result.kind === 'normalised') ended.push(n);
      return result.kind;
    }),
  );
  expect(results).toEqual(['normalised', 'normalised', 'normalised', 'busy', 'busy']);
  expect(ended).toEqual([0, 1, 2]);
});

test('storage that fails under a worker is a fault with its code, not a refusal', async () => {
  using opened = openPool();
  const nowhere = { ...quick, output: join(folder, 'no-such-folder', 'x') };
  await expect(opened.pool.normalise(nowhere)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await opened.pool.normalise(quick)).toMatchObject({ kind: 'normalised' });
});

test('workers end with the process that started them, even when it is killed', async () => {
  const script = `
    import { createWorkerPool } from ${JSON.stringify(new URL('../../src/imaging/worker-pool.ts', import.meta.url).href)};
    const pool = createWorkerPool({ workers: 1, maxWaiting: 1, timeoutMs: 20000, onLoss: () => {} });
    await pool.normalise(${JSON.stringify(quick)});
    process.stdout.write('ready');
    setInterval(() => {}, 1000);`;
  const starter = spawn(execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(starter.stdout, 'data');
  const started = await workersOf(starter.pid ?? 0);
  expect(started).toHaveLength(1);
  starter.kill('SIGKILL');
  await vi.waitFor(async () => {
    const left = (await workers()).map(({ pid }) => pid);
    expect(left).not.toContain(started[0]?.pid);
  });
});
