import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes the settings of the desk that runs here to `auth.env`, where `pnpm admin` finds them: anew at each start, for the
 * database has another port then, and readable by its owner alone.
 */
export async function writeAdministrationFile(
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const file = join(folder, 'auth.env');
  // No value of ours holds a single quote or a line break.
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  await rm(file, { force: true });
  await writeFile(file, lines.join(''), { mode: 0o600 });
}
