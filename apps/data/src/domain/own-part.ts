import type { CollectionAddress, Documents } from './documents.ts';
import type { ExportFile, ExportRequest, Keeper } from './export.ts';
import type { Shares } from './shares.ts';

const PAGE = 100;

/**
 * What this service itself keeps of a user: a file for each collection, with the documents as they were written, and one for what
 * others share with them. A page is read when the last one is packed: what is written meanwhile may be in it or not.
 */
export function ownPart(documents: Documents, shares: Shares): Keeper {
  async function* files(names: readonly string[], request: ExportRequest): AsyncGenerator<ExportFile> {
    for (const collection of names) {
      const pages = documentPages({ owner: request.user, collection }, request);
      yield listFile(`data/collections/${collection}.json`, 'documents', pages);
    }
    yield listFile('data/shared-with-me.json', 'sharedWithMe', sharedPages(request));
  }

  async function* documentPages(address: CollectionAddress, { requireLive }: ExportRequest) {
    let after: string | undefined;
    do {
      requireLive();
      const { items, next } = await documents.list(address, { after, limit: PAGE, terms: [] });
      const ids = items.map(({ id }) => id);
      const sharedWith = await shares.ofDocuments(address.owner, ids);
      yield items.map(({ text, ...info }) => {
        const about = JSON.stringify({ ...info, sharedWith: sharedWith.get(info.id) ?? [] });
        return `${about.slice(0, -1)},"document":${text}}`;
      });
      after = next;
    } while (after !== undefined);
  }

  async function* sharedPages({ user, requireLive }: ExportRequest) {
    let after: string | undefined;
    do {
      requireLive();
      const { items, more } = await shares.sharedWith(user, { after, limit: PAGE });
      yield items.map((item) => JSON.stringify(item));
      after = more ? items.at(-1)?.id : undefined;
    } while (after !== undefined);
  }

  return {
    name: 'data',
    open: async (request) => files(await documents.collections(request.user), request),
  };
}

/** A JSON list, as long as its pages go on. */
function listFile(path: string, sort: string, pages: AsyncIterable<readonly string[]>): ExportFile {
  let count = 0;
  async function* content() {
    yield Buffer.from('[');
    for await (const items of pages) {
      if (items.length === 0) continue;
      yield Buffer.from(`${count === 0 ? '\n' : ',\n'}${items.join(',\n')}`);
      count += items.length;
    }
    yield Buffer.from('\n]\n');
  }
  return { path, kind: 'json', content: content(), holds: () => ({ [sort]: count }) };
}
