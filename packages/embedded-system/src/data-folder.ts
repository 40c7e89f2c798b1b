import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reachableDataDir } from '@roomkey/embedded-postgres';

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
  const root = resolve(path);
  // A root caller's PostgreSQL runs as another user, who must be able to pass, not to look around.
  await mkdir(root, { recursive: true, mode: 0o711 });
  const isNew = await requireOurs(root);
  // Where that user cannot even pass, its data lie elsewhere.
  const folder = describe(root, await reachableDataDir(join(root, 'postgres')));
  // What is left there of a folder that was deleted by hand cannot be read without the secrets that went with it.
  if (isNew) await rm(folder.postgres, { recursive: true, force: true });
  await writeFile(join(root, MARKER), '{"format":1}\n');
  await makePrivate(folder);
  return folder;
}

/** Erases everything in the folder but locks: the caller's own is among them. */
export async function eraseDataFolder(folder: DataFolder, isLock: (name: string) => boolean): Promise<void> {
  await rm(folder.postgres, { recursive: true, force: true });
  for (const name of await readdir(folder.path)) {
    if (name !== MARKER && !isLock(name)) await rm(join(folder.path, name), { recursive: true, force: true });
  }
  await makePrivate(folder);
}

async function makePrivate({ logs, secrets, images }: DataFolder): Promise<void> {
  for (const directory of [logs, secrets, images]) await mkdir(directory, { recursive: true, mode: 0o700 });
}

function describe(path: string, postgres: string): DataFolder {
  const at = (name: string): string => join(path, name);
  return {
    path,
    logs: at('logs'),
    secrets: at('secrets'),
    images: at('images'),
    postgres,
  };
}

/** @returns whether the folder is new to us */
async function requireOurs(path: string): Promise<boolean> {
  const names = await readdir(path);
  if (names.includes(MARKER)) return false;
  if (names.length === 0) return true;
  throw new Error(`${path} holds other files: name a new or empty folder for the data`);
}
