import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { docker, run } from './run.ts';

const STAND_INS = fileURLToPath(new URL('../../../shared/containers', import.meta.url));

/** The engine that is there; beside a folder of stand-ins, one that is made ready with them. @throws when there is neither */
export async function setup(): Promise<void> {
  if (existsSync(`${STAND_INS}/prepare-engine.sh`)) {
    await run('bash', [fileURLToPath(new URL('stand-ins.sh', import.meta.url)), STAND_INS]);
  }
  try {
    await docker('compose', 'version');
    await docker('info');
  } catch (error) {
    throw new Error('The container tests need a Docker engine with Compose, and here is none.', {
      cause: error,
    });
  }
}
