import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A file that holds an Authorization header with a card that is always good: curl reads it with `-H @file`. */
export interface CardFile extends AsyncDisposable {
  readonly path: string;
}

/** An access token and how long it is good for. */
export interface Card {
  readonly token: string;
  readonly seconds: number;
}

const RETRY_MS = 2_000;

/**
 * Keeps the file until disposed.
 *
 * @param renew gives the next card; asked again when it throws, and when half the life of the last one is over
 */
export async function keepCardFile(
  folder: string,
  first: Card,
  renew: () => Promise<Card>,
): Promise<CardFile> {
  const path = join(folder, 'card');
  const closing = new AbortController();
  const { signal } = closing;

  const write = async ({ token }: Card): Promise<void> => {
    await writeFile(`${path}.next`, `Authorization: Bearer ${token}\n`, { mode: 0o600 });
    await rename(`${path}.next`, path);
  };
  const keep = async (): Promise<void> => {
    let pauseMs = first.seconds * 500;
    for (;;) {
      await wait(pauseMs, undefined, { signal });
      try {
        const card = await renew();
        await write(card);
        pauseMs = card.seconds * 500;
      } catch {
        // The desk may be away; the next try finds out.
        pauseMs = RETRY_MS;
      }
    }
  };

  await write(first);
  const keeping = keep().catch(() => undefined);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await keeping;
      await rm(path, { force: true });
    },
  };
}
