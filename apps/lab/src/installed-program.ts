import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Whether a program can be run here. */
export async function isInstalled(program: string, versionFlag: string): Promise<boolean> {
  try {
    await promisify(execFile)(program, [versionFlag]);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
