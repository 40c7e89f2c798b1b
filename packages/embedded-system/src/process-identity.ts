import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { platform } from 'node:process';
import { promisify } from 'node:util';

/** When the process started, in the system's own terms: with the id it names one process for good. `undefined`: none. */
export async function processIdentity(pid: number): Promise<string | undefined> {
  try {
    return platform === 'linux'
      ? startOnLinux(await readFile(`/proc/${pid}/stat`, 'utf8'))
      : await startByPs(pid);
  } catch {
    return undefined;
  }
}

/** Field 22 of proc(5) stat; the second field, a name in brackets, may hold blanks. */
function startOnLinux(stat: string): string | undefined {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

async function startByPs(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
  return stdout.trim();
}
