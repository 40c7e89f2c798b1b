import { eraseDataFolder, openDataFolder, type DataFolder } from './data-folder.ts';
import { isLock, lockFolder } from './folder-lock.ts';
import { choosePort, HOST, requirePort } from './ports.ts';

/** A data folder and a port that are this process's own. */
export interface ClaimedFolder extends AsyncDisposable {
  readonly folder: DataFolder;
  readonly port: number;
  readonly origin: string;
}

interface ClaimOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly fresh: boolean;
}

/**
 * Makes sure that folder and port are to be had, and only then erases anything.
 *
 * @throws {FolderInUseError | PortError}
 */
export async function claimFolder({ dataDir, port: wanted, fresh }: ClaimOptions): Promise<ClaimedFolder> {
  const folder = await openDataFolder(dataDir);
  const port = wanted === 0 ? await choosePort() : wanted;
  const origin = `http://${HOST}:${port}`;
  const lock = await lockFolder(folder.path, origin);
  try {
    await requirePort(port);
    if (fresh) await eraseDataFolder(folder, isLock);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  return { folder, port, origin, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
}
