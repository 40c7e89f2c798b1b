import { isValid, Type, type Static } from '@roomkey/schema';
import { heldFile, type ExportFile, type ExportRefusal, type Keeper } from '../domain/export.ts';
import { peerFor, requirePart, type Peer, type PeerOptions } from './peer.ts';

const PAGE_BYTES = 256 * 1024;
const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp' } as const;
const Page = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
      format: Type.Union([Type.Literal('jpeg'), Type.Literal('png'), Type.Literal('webp')]),
    }),
  ),
  next: Type.Optional(Type.String()),
});
type Page = Static<typeof Page>;

/** A user's pictures as image keeps them, each with what is known of it. */
export function imagePart(options: PeerOptions): Keeper {
  return {
    name: 'image',
    async open({ onBehalfOf }) {
      const peer = peerFor(options, 'image:read', onBehalfOf);
      const first = await readPage(peer, undefined);
      return 'refusal' in first ? first : files(peer, first);
    },
  };
}

async function* files(peer: Peer, first: Page): AsyncGenerator<ExportFile> {
  for (let page = first; ; page = requirePart(await readPage(peer, page.next))) {
    for (const item of page.items) yield* filesOf(peer, item);
    if (page.next === undefined) return;
  }
}

async function* filesOf(peer: Peer, item: Page['items'][number]): AsyncGenerator<ExportFile> {
  const original = await peer.bytes(`/images/${item.id}/original`);
  // Deleted since it was listed.
  if (original === undefined) return;
  const { body } = requirePart(original);
  const path = `image/${item.id}`;
  yield {
    path: `${path}.${EXTENSIONS[item.format]}`,
    kind: 'picture',
    content: body,
    holds: () => ({ images: 1 }),
  };
  yield heldFile(`${path}.json`, 'json', Buffer.from(`${JSON.stringify(item, null, 2)}\n`), {});
}

async function readPage(peer: Peer, cursor: string | undefined): Promise<Page | ExportRefusal> {
  const query = new URLSearchParams({ limit: '100', ...(cursor !== undefined && { cursor }) });
  const page = await peer.json(`/images?${query.toString()}`, PAGE_BYTES);
  if (page !== undefined && 'refusal' in page) return page;
  return page !== undefined && isValid(Page, page.value) ? page.value : { refusal: 'nonsense' };
}
