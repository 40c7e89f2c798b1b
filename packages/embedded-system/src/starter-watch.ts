import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pid, platform } from 'node:process';

const LOOK_EVERY_MS = 700;
const SHELL = /(^|\/)-?(sh|ash|bash|dash|ksh|zsh)$/;
/** Of /proc, and the exit code of ps. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH', 1]);

/**
 * Watches the package manager that started this process. It hands on a Ctrl-C, but `kill` for npx alone, or SIGKILL for
 * pnpm, would leave everything behind with nobody who knows of it.
 *
 * @param onGone told once, when one of the processes between the person and this one is gone
 */
export function watchStarter(env: Readonly<Record<string, string | undefined>>, onGone: () => void): void {
  if (env['npm_lifecycle_event'] === undefined) return;
  const isByNpx = env['npm_execpath']?.includes('/_npx/') === true;
  const starters = ancestors(isByNpx);
  const timer = setInterval(() => {
    if (areThere(starters, isByNpx)) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS).unref();
}

function areThere(starters: readonly number[], isByNpx: boolean): boolean {
  try {
    return ancestors(isByNpx).join() === starters.join();
  } catch {
    // They cannot be looked at now, as when all file descriptors are taken: the next look will tell.
    return true;
  }
}

/**
 * A script has a shell and pnpm above it. Where npx brought pnpm it is above that: at once, or above a shell of its own, as
 * some shells put a program in their place and others wait for it.
 */
function ancestors(isByNpx: boolean): readonly number[] {
  const found: number[] = [];
  let count = isByNpx ? 3 : 2;
  for (let { parent } = readProcess(pid); found.length < count && parent > 1;) {
    found.push(parent);
    const above = readProcess(parent);
    if (found.length === 3 && SHELL.test(above.name)) count = 4;
    ({ parent } = above);
  }
  return found;
}

function readProcess(id: number): { readonly name: string; readonly parent: number } {
  try {
    return platform === 'linux' ? readOnLinux(id) : readByPs(id);
  } catch (error) {
    const { code, status } = error as { code?: unknown; status?: unknown };
    if (!GONE.has(code ?? status)) throw error;
    return { name: '', parent: 0 };
  }
}

/** proc(5) stat: the name, in brackets, may hold blanks; state and parent follow. */
function readOnLinux(id: number) {
  const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
  const end = stat.lastIndexOf(')');
  return {
    name: stat.slice(stat.indexOf('(') + 1, end),
    parent: Number(stat.slice(end + 2).split(' ')[1]),
  };
}

function readByPs(id: number) {
  const line = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(id)], { encoding: 'utf8' });
  const [, parent, name = ''] = /^\s*(\d+)\s+(.*)$/m.exec(line) ?? [];
  return { name, parent: Number(parent ?? 0) };
}
