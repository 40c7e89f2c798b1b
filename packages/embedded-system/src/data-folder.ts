import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where each part of the system keeps what it keeps. */
export interface DataFolder {
  readonly path: string;
  readonly logs: string;
  readonly secrets: string;
  readonly images: string;
  readonly postgres: string;
}

/** Says that a folder is ours to write to and, on request, to erase. */
const MARKER = 'roomkey.json';

/**
 * Finds the data folder, or makes it.
 *
 * @throws when the folder holds something else: data are never put among other people's files
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = describe(resolve(path));
  // A root caller's PostgreSQL runs as another user, who must be able to pass, not to look around.
  await mkdir(folder.path, { recursive: true, mode: 0o711 });
  await requireOurs(folder.path);
  await writeFile(join(folder.path, MARKER), '{"format":1}\n');
  await makePrivate(folder);
  return folder;
}

/** Erases everything in the folder but the lock of the caller. */
export async function eraseDataFolder(folder: DataFolder, lockFile: string): Promise<void> {
  for (const name of await readdir(folder.path)) {
    if (name !== MARKER && name !== lockFile)
      await rm(join(folder.path, name), { recursive: true, force: true });
  }
  await makePrivate(folder);
}

async function makePrivate({ logs, secrets, images }: DataFolder): Promise<void> {
  for (const directory of [logs, secrets, images]) await mkdir(directory, { recursive: true, mode: 0o700 });
}

function describe(path: string): DataFolder {
  const at = (name: string): string => join(path, name);
  return {
    path,
    logs: at('logs'),
    secrets: at('secrets'),
    images: at('images'),
    postgres: at('postgres'),
  };
}

async function requireOurs(path: string): Promise<void> {
  const names = await readdir(path);
  if (names.length === 0 || names.includes(MARKER)) return;
  throw new Error(`${path} holds other files: name a new or empty folder for the data`);
}
