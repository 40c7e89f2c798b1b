/** A command with drills that come to an end, or to none. */
import process, { exit } from 'node:process';
import { runCommand } from '../src/command.ts';
import type { Experiment, Outcome } from '../src/experiment.ts';
import { hold, temporaryFolder } from '../src/leftovers.ts';
import { startMeasuredProcess } from '../src/measured-process.ts';
import { withSystem } from '../src/system-under-test.ts';

const HOLDS: Outcome = { figures: {}, goal: 'to be carried out', ok: true };
const forEver = (): Promise<never> => new Promise(() => void setInterval(() => undefined, 60_000));

const short: Experiment = { name: 'short', claim: 'It ends.', run: () => Promise.resolve(HOLDS) };

const missed: Experiment = {
  name: 'missed',
  claim: 'It ends, and its goal is not reached.',
  run: () => Promise.resolve({ ...HOLDS, ok: false }),
};

const unable: Experiment = {
  name: 'unable',
  claim: 'It needs what is not there.',
  run: () => Promise.reject(new Error('the fire brigade is not installed')),
};

const long: Experiment = {
  name: 'long',
  claim: 'It has a process and a folder, and does not end.',
  async run(progress) {
    await using _folder = temporaryFolder('long');
    await using measured = await startMeasuredProcess(new URL('./listening.ts', import.meta.url));
    progress(`waits ${measured.pid}`);
    return await forEver();
  },
};

const torn: Experiment = {
  name: 'torn',
  claim: 'It complains, and is at an end, when what it has is taken from it.',
  async run(progress) {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    await using _held = await hold(() =>
      Promise.resolve({
        async [Symbol.asyncDispose]() {
          void Promise.reject(new Error('a request was cut off'));
          process.nextTick(() => {
            throw new Error('a connection was cut off');
          });
          resolve(HOLDS);
          await new Promise((later) => void setTimeout(later, 100));
        },
      }),
    );
    progress('waits');
    return await Promise.race([promise, forEver()]);
  },
};

const busy: Experiment = {
  name: 'busy',
  claim: 'It starts one process after the other, and does not end.',
  async run(progress) {
    await using started = new AsyncDisposableStack();
    for (;;) {
      started.use(await startMeasuredProcess(new URL('./listening.ts', import.meta.url)));
      progress('waits');
    }
  },
};

const faulty: Experiment = {
  name: 'faulty',
  claim: 'It has a folder, and a fault that nobody catches.',
  async run() {
    await using _folder = temporaryFolder('faulty');
    void Promise.reject(new Error('nobody waits for this'));
    return await forEver();
  },
};

const whole: Experiment = {
  name: 'whole',
  claim: 'It has a whole system, and does not end.',
  run: (progress) =>
    withSystem({ replicas: 1 }, progress, async ({ system }) => {
      const replicas = [system.gateway, ...[...system.services.values()].flat()];
      progress(`waits ${[system.database.pid, ...replicas.map((replica) => replica.pid)].join(' ')}`);
      return await forEver();
    }),
};

exit(
  await runCommand('drill', [short, missed, unable, long, torn, busy, faulty, whole], process.argv.slice(2)),
);
