import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { pid, platform } from 'node:process';
import { promisify } from 'node:util';

const LOOK_EVERY_MS = 700;

/**
 * Watches the package manager that started this process. It hands on a Ctrl-C, but `kill` for npx alone, or SIGKILL for
 * pnpm, would leave the system behind with nobody who knows of it.
 *
 * @param onGone told once, when one of the processes between the person and this one is gone
 */
export async function watchStarter(
  env: Readonly<Record<string, string | undefined>>,
  onGone: () => void,
): Promise<void> {
  const count = starterCount(env);
  if (count === 0) return;
  const starters = await ancestors(count);
  const look = async (): Promise<void> => {
    if ((await ancestors(count)).join() === starters.join()) return;
    clearInterval(timer);
    onGone();
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
}

/** A script has a shell and pnpm above it, and npx above that if it was npx that brought pnpm. */
function starterCount(env: Readonly<Record<string, string | undefined>>): number {
  if (env['npm_lifecycle_event'] === undefined) return 0;
  return env['npm_execpath']?.includes('/_npx/') === true ? 3 : 2;
}

async function ancestors(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let child = pid; found.length < count && child > 1;) {
    child = await parentOf(child);
    found.push(child);
  }
  return found;
}

async function parentOf(child: number): Promise<number> {
  try {
    if (platform !== 'linux') {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(child)]);
      return Number(stdout);
    }
    // proc(5) stat: the name, in brackets, may hold blanks; state and parent follow.
    const stat = await readFile(`/proc/${child}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
