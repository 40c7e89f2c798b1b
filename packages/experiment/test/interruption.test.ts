import { expect, test } from 'vitest';
import { DrillRun, isAlive } from './drill-run.ts';

const PATIENCE = { timeout: 120_000 };

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s ends an experiment, its processes and its folders, and those to come',
  async (signal, code) => {
    await using run = await DrillRun.start('long', 'short');
    const processes = await run.says('waits');
    expect(await run.folders()).toHaveLength(1);
    run.signal(signal);
    expect(await run.end()).toBe(code);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(await run.folders()).toEqual([]);
    expect(run.stdout).toBe('');
    expect(run.stderr.split('\n').at(-2)).toBe(`Stopping (${signal}) …`);
  },
);

test('what an interrupted experiment complains of, or comes to, is not told', async () => {
  await using run = await DrillRun.start('torn', 'short');
  await run.says('waits');
  run.signal('SIGTERM');
  expect(await run.end()).toBe(143);
  expect(run.stdout).toBe('');
  expect(run.stderr.split('\n').at(-2)).toBe('Stopping (SIGTERM) …');
});

test('an interrupted experiment starts nothing more', async () => {
  await using run = await DrillRun.start('busy');
  await run.says('waits');
  const interruptedAt = Date.now();
  run.signal('SIGTERM');
  expect(await run.end()).toBe(143);
  // As long as it went on, all patience would be used up.
  expect(Date.now() - interruptedAt).toBeLessThan(9_000);
});

test('a fault that nobody catches is told, and leaves nothing either', async () => {
  await using run = await DrillRun.start('faulty', 'short', '--json');
  expect(await run.end()).toBe(3);
  expect(run.stderr).toContain('Error: nobody waits for this\n    at ');
  expect(JSON.parse(run.stdout)).toEqual({ drill: 'faulty', error: 'nobody waits for this' });
  expect(await run.folders()).toEqual([]);
});

test.each(['starting', 'waits'])(
  'a whole system is gone when it is interrupted at "%s"',
  PATIENCE,
  async (moment) => {
    await using run = await DrillRun.start('whole');
    const processes = moment === 'waits' ? await run.says(moment) : [];
    await run.says(moment);
    expect(processes).toHaveLength(moment === 'waits' ? 6 : 0);
    run.signal('SIGTERM');
    expect(await run.end()).toBe(143);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(await run.folders()).toEqual([]);
  },
);

test('an experiment ends in order when only who started the command is killed', PATIENCE, async () => {
  await using run = await DrillRun.startByPnpm('whole');
  const processes = await run.says('waits');
  run.signal('SIGKILL');
  expect(await run.end()).toBe('SIGKILL');
  expect(run.stderr).toContain('Stopping (SIGHUP) …');
  expect(processes.filter(isAlive)).toEqual([]);
  expect(await run.folders()).toEqual([]);
});

test('when the command itself is killed, what it has leaves by itself', PATIENCE, async () => {
  await using run = await DrillRun.start('whole');
  const processes = await run.says('waits');
  run.signal('SIGKILL');
  expect(await run.end()).toBe('SIGKILL');
  await expect.poll(() => processes.filter(isAlive), { timeout: 30_000 }).toEqual([]);
  await expect.poll(() => run.folders(), { timeout: 30_000 }).toEqual([]);
});
