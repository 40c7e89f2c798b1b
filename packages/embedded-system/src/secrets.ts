import { link, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';

/**
 * The file that holds a secret: made at the first start, readable by its owner alone, found again at the next.
 *
 * @param make gives the secret of the first start
 * @returns the file's path, for a setting that ends in `_FILE`
 */
export async function secretFile(folder: string, name: string, make: () => string): Promise<string> {
  const file = join(folder, name);
  const draft = `${file}.${pid}`;
  await writeFile(draft, make(), { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
  return file;
}
