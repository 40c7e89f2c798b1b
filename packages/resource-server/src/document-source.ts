/** A document that an issuer publishes at a fixed address, looked at again and again. */
export interface DocumentSource {
  /**
   * Looks now.
   *
   * @returns the body when it is new, undefined when it is unchanged since the last look that was `kept`
   * @throws when the answer is anything but 200 or 304, a redirect, too late, or too large (security 40)
   */
  look(): Promise<Buffer | undefined>;
  /** Remembers the document of the last look as taken over: only then may the issuer answer "unchanged". */
  keep(): void;
  /** Takes that back: the next look must bring the document itself. */
  forget(): void;
}

export interface SourceOptions {
  readonly url: string;
  readonly accept: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Ends a look under way. */
  readonly signal: AbortSignal;
}

export function createDocumentSource({
  url,
  accept,
  timeoutMs,
  maxBytes,
  signal,
}: SourceOptions): DocumentSource {
  let keptEtag: string | undefined;
  let seenEtag: string | undefined;

  return {
    async look() {
      const response = await fetch(url, {
        headers: { accept, ...(keptEtag !== undefined && { 'if-none-match': keptEtag }) },
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      if (response.status === 200) {
        seenEtag = response.headers.get('etag') ?? undefined;
        return readBounded(response, url, maxBytes);
      }
      await response.body?.cancel();
      if (response.status === 304 && keptEtag !== undefined) return undefined;
      throw new Error(`${url} answered ${response.status}`);
    },
    keep() {
      keptEtag = seenEtag;
    },
    forget() {
      keptEtag = undefined;
    },
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
