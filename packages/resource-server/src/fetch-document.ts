/** A document as an issuer publishes it; `undefined` body: unchanged since the ETag that was sent. */
export interface FetchedDocument {
  readonly body: Buffer | undefined;
  readonly etag: string | undefined;
}

export interface FetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * Fetches one document from a fixed URL: no redirects, bounded in time and size, conditional by ETag (security 40).
 *
 * @throws when the answer is anything but 200 or 304, too late, or too large
 */
export async function fetchDocument(
  url: string,
  accept: string,
  etag: string | undefined,
  { timeoutMs, maxBytes }: FetchLimits,
  closed: AbortSignal,
): Promise<FetchedDocument> {
  const response = await fetch(url, {
    headers: { accept, ...(etag !== undefined && { 'if-none-match': etag }) },
    redirect: 'error',
    signal: AbortSignal.any([closed, AbortSignal.timeout(timeoutMs)]),
  });
  if (response.status === 304 && etag !== undefined) {
    await response.body?.cancel();
    return { body: undefined, etag };
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  return {
    body: await readBounded(response, url, maxBytes),
    etag: response.headers.get('etag') ?? undefined,
  };
}

async function readBounded(response: Response, url: string, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`${url} is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
