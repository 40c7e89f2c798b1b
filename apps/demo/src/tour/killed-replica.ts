import { expect } from './expect.ts';
import type { Guest } from './guests.ts';
import { Load } from './load.ts';
import type { Picture } from './pictures.ts';
import type { OwnStage } from './step.ts';

const VICTIM = 'image-1';
const BEFORE_THE_KILL = 100;
const AT_LEAST = 500;
/** How often the new process must have answered before it counts as serving again. */
const SERVING_AGAIN = 20;
const PATIENCE_MS = 30_000;

/** One replica of a service is killed while requests run: nobody notices, and it comes back by itself. */
export async function killReplicaUnderLoad(stage: OwnStage, guest: Guest, picture: Picture): Promise<void> {
  const { system, screen, client } = stage;
  const metadata = `/image/images/${picture.id}`;
  const load = new Load(client, guest.card.token, [
    metadata,
    metadata,
    '/image/images',
    picture.thumbnailPath,
  ]);
  try {
    await reach(load, (figures) => figures.answered + figures.failed >= BEFORE_THE_KILL, 'requests run');
    screen.detail(`${load.figures.answered} requests answered; now ${VICTIM} gets SIGKILL`);
    await system.kill(VICTIM);
    await system.replica(VICTIM).whenReady();
    load.forgetReplicas();
    await reach(
      load,
      ({ answered, failed, servedBy }) =>
        (servedBy.get(VICTIM) ?? 0) >= SERVING_AGAIN && answered + failed >= AT_LEAST,
      `${VICTIM} serves again, and ${AT_LEAST} requests`,
    );
  } finally {
    await load.stop();
  }
  const { answered, failed, failures, servedBy } = load.figures;
  expect(failed === 0, 'no request to fail', `${failed} of ${answered + failed}: ${failures.join('; ')}`);
  const shares = [...servedBy].map(([name, count]) => `${name} ${count}`).sort();
  screen.detail(`${answered} requests through all of it, ${failed} failed, all with the same card`);
  screen.detail(screen.faint(`since it is back: ${shares.join(', ')}`));
}

async function reach(load: Load, condition: Parameters<Load['until']>[0], what: string): Promise<void> {
  const reached = await load.until(condition, PATIENCE_MS);
  const { answered, failed, failures } = load.figures;
  expect(
    reached,
    `${what} within ${PATIENCE_MS / 1_000} s`,
    `${answered} answered, ${failed} failed ${failures.join('; ')}`,
  );
}
