import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const execute = promisify(execFile);

export interface RunOptions {
  readonly cwd?: string;
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a command printed. @throws with what it printed on stderr when it fails */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env }: RunOptions = {},
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      maxBuffer: MAX_OUTPUT_BYTES,
      env: { ...process.env, ...env },
      ...(cwd !== undefined && { cwd }),
    });
    return stdout.trim();
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed: ${stderr.trim() || (error as Error).message}`, {
      cause: error,
    });
  }
}

export const docker = (...args: string[]): Promise<string> => run('docker', args);
