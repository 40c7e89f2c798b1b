import type { AddressInfo } from 'node:net';
import type { Service } from '@roomkey/service';

export interface Event {
  readonly event: string;
  readonly id: number;
  readonly data: { readonly id: string; readonly etag: string };
}

/** Makes a replica listen; gives its origin. */
export async function listenOn(app: Service): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

/** Reads a change stream until it ends, or until the reader leaves the loop. */
export async function* follow(
  url: string,
  token: string,
  headers: Record<string, string> = {},
): AsyncGenerator<Event, void, undefined> {
  const leaving = new AbortController();
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal: leaving.signal,
    });
    if (response.status !== 200 || !response.body) throw new Error(`${url} answered ${response.status}`);
    let rest = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => line.split(/: ?(.*)/, 2) as [string, string]));
        const event = fields.get('event');
        if (event !== undefined)
          yield { event, id: Number(fields.get('id')), data: JSON.parse(fields.get('data') ?? 'null') };
      }
    }
  } finally {
    leaving.abort();
  }
}
