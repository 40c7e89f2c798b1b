import { expect, test } from 'vitest';
import { DemoRun, endOf, scratchFolder } from './demo-run.ts';

const LEAVES_WITHIN_MS = 5_000;
/** Nobody stops them in order then: each notices by itself. */
const LEAVES_ALONE_WITHIN_MS = 15_000;
const PATIENCE_MS = 300_000;

test(
  'Ctrl-C, kill and a closed terminal leave no process and no port within 5 seconds, at any moment of the start',
  { timeout: PATIENCE_MS },
  async () => {
    await using folder = await scratchFolder();
    const moments = [
      { said: 'Roomkey starts', signal: 'SIGINT', code: 130 },
      { said: 'gateway', signal: 'SIGTERM', code: 143 },
      { said: 'postgres', signal: 'SIGHUP', code: 129 },
      { said: 'auth-1', signal: 'SIGINT', code: 130 },
      { said: 'A guest registers', signal: 'SIGINT', code: 130 },
    ] as const;
    for (const { said, signal, code } of moments) {
      await using run = new DemoRun(folder.data, '--port', '0', '--replicas', '1');
      await run.says(said);
      const processes = await run.processes();
      run.signal(signal);
      await run.untilNothingIsLeft(processes, LEAVES_WITHIN_MS);
      expect(await run.end()).toEqual(endOf(code));
    }
  },
);

test(
  'when the demo itself is killed its processes leave by themselves, and the next start needs no help',
  { timeout: PATIENCE_MS },
  async () => {
    await using folder = await scratchFolder();
    await using killed = new DemoRun(folder.data, '--port', '0', '--replicas', '1');
    await killed.says('Ready after');
    const processes = await killed.processes();
    killed.signal('SIGKILL');
    expect(await killed.end()).toEqual(endOf('SIGKILL'));
    await killed.untilNothingIsLeft(processes, LEAVES_ALONE_WITHIN_MS);

    await using next = new DemoRun(folder.data, '--port', '0', '--replicas', '1', '--once');
    expect(await next.end()).toEqual(endOf(0));
  },
);
