import type { Readable } from 'node:stream';
import { Archive, type PackedFile } from './archive.ts';
import type { User } from './domain/documents.ts';
import type { ExportFile } from './domain/export.ts';

/** What an archive says of itself: written last, so that one that lacks anything lacks this. */
interface Manifest {
  readonly format: 'roomkey-export/1';
  readonly issuer: string;
  readonly subject: string;
  readonly begun: string;
  readonly ended: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly files: readonly PackedFile[];
}

interface ExportOptions {
  readonly user: User;
  /** One after another; each is asked for when the last one is packed. */
  readonly parts: readonly AsyncIterable<ExportFile>[];
  readonly now: () => Date;
  /** Told why it was broken off, unless its reader left. */
  readonly onFault: (error: unknown) => void;
}

/**
 * An archive of everything a user has, written while it is read. Where something cannot be had it breaks off, and is no archive.
 */
export function writeExport({ user, parts, now, onFault }: ExportOptions): Readable {
  const archive = new Archive();
  const begun = now().toISOString();

  async function write(): Promise<void> {
    const files: PackedFile[] = [];
    const counts: Record<string, number> = {};
    for (const part of parts) {
      for await (const { path, kind, content, holds } of part) {
        files.push(await archive.add(path, content, kind === 'json'));
        for (const [sort, count] of Object.entries(holds())) counts[sort] = (counts[sort] ?? 0) + count;
      }
    }
    const about = { format: 'roomkey-export/1', issuer: user.issuer, subject: user.subject } as const;
    const manifest: Manifest = { ...about, begun, ended: now().toISOString(), counts, files };
    await archive.add('manifest.json', manifestText(manifest), true);
    archive.end();
  }

  write().catch((error: unknown) => {
    if (!archive.stream.destroyed) onFault(error);
    archive.fail(error as Error);
  });
  return archive.stream;
}

async function* manifestText(manifest: Manifest) {
  yield Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}
