/** An answer is longer than its caller is ready to hold. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** @throws {TooLargeError} at the byte that is one too many; the rest is not read */
export async function readBounded(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new TooLargeError(`an answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3); a date is not waited for. */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}
