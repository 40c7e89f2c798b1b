import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { kill, platform } from 'node:process';
import { promisify } from 'node:util';

/** Ids of the processes that have one of these texts in their command line or environment; a blank ends each word there. */
export async function processesNaming(texts: readonly string[]): Promise<number[]> {
  const all = platform === 'linux' ? await processesOnLinux() : await processesByPs();
  return all.filter(({ words }) => texts.some((text) => words.includes(text))).map(({ pid }) => pid);
}

/** Those, and the processes that they started. */
export async function familyOf(pids: readonly number[]): Promise<number[]> {
  const all = platform === 'linux' ? await processesOnLinux() : await processesByPs();
  return all.filter(({ pid, parent }) => pids.includes(pid) || pids.includes(parent)).map(({ pid }) => pid);
}

export function isAlive(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch {
    return false;
  }
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly words: string;
}

async function processesOnLinux(): Promise<Process[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const [command, environment, stat] = await Promise.all(
        ['cmdline', 'environ', 'stat'].map((file) =>
          readFile(`/proc/${name}/${file}`, 'utf8').catch(() => ''),
        ),
      );
      const [state = '', parent] = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ');
      // What has ended and waits for its parent to notice is not a process any more.
      if (state === 'Z' || state === '') return [];
      return [
        {
          pid: Number(name),
          parent: Number(parent),
          words: `${command} ${environment} `.replaceAll('\0', ' '),
        },
      ];
    }),
  );
  return found.flat();
}

async function processesByPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-AwwEo', 'pid=,ppid=,command='], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').map((line) => {
    const [, pid, parent, words = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), parent: Number(parent), words: `${words} ` };
  });
}
