import { readFile } from 'node:fs/promises';
import { cpuMicroseconds } from '@roomkey/experiment';

/** Of `/proc/<pid>/stat`, in hundredths of a second (Linux: USER_HZ). */
const TICK_MICROSECONDS = 10_000;

/** Processor time of all children of a process so far, of those that live and those that have ended, in microseconds (Linux). */
export async function cpuMicrosecondsOfChildren(pid: number): Promise<number> {
  const living = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean);
  // Who ends between the two looks is among those that have ended.
  const all = await Promise.all(living.map((child) => cpuMicroseconds(Number(child)).catch(() => 0)));
  return all.reduce((sum, one) => sum + one, await cpuMicrosecondsOfEndedChildren(pid));
}

/** The same of the children that have ended alone. */
export async function cpuMicrosecondsOfEndedChildren(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold anything; `cutime` and `cstime` are the 14th and 15th after it (proc_pid_stat(5)).
  const [cutime = 0, cstime = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15)
    .map(Number);
  return (cutime + cstime) * TICK_MICROSECONDS;
}
