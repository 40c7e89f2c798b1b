import { readFile } from 'node:fs/promises';

/** Of `/proc/<pid>/stat`, in hundredths of a second (Linux: USER_HZ). */
const TICK_MICROSECONDS = 10_000;

/**
 * Processor time of a process and its children so far, in microseconds (Linux): also of their threads that have ended, for
 * codecs start and end threads with each picture.
 */
export async function cpuMicrosecondsOfTree(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean);
  const ticks = await Promise.all([pid, ...children.map(Number)].map(ticksOf));
  return ticks.reduce((sum, one) => sum + one, 0) * TICK_MICROSECONDS;
}

async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program may hold anything; utime, stime, cutime and cstime are the 12th to 15th after it (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}
