import { inflateSync } from 'node:zlib';

/** How many bits a status takes (draft-ietf-oauth-status-list-21 §4.1). */
export type StatusBits = 1 | 2 | 4 | 8;

const ALLOWED_BITS: readonly unknown[] = [1, 2, 4, 8] satisfies StatusBits[];

/** One status list as a verifier holds it: a byte array, read at each request. */
export class StatusList {
  readonly uri: string;
  readonly bits: StatusBits;
  readonly #bytes: Uint8Array;
  /** Past this moment, in milliseconds since the epoch, the list says nothing. Who keeps it fresh moves it on. */
  goodUntilMs: number;

  constructor(uri: string, { bits, bytes }: StatusArray, goodUntilMs: number) {
    this.uri = uri;
    this.bits = bits;
    this.#bytes = bytes;
    this.goodUntilMs = goodUntilMs;
  }

  /** How many statuses the list holds. */
  get length(): number {
    return this.#bytes.length * (8 / this.bits);
  }

  /** Whether the token of that index is good: status 0x00 VALID (§7.1). An index out of bounds never is (§8.3). */
  isValid(index: number): boolean {
    const perByte = 8 / this.bits;
    const byte = this.#bytes[Math.floor(index / perByte)];
    // §4.1: the first status of a byte is in its least significant bits.
    return byte !== undefined && ((byte >> ((index % perByte) * this.bits)) & ((1 << this.bits) - 1)) === 0;
  }

  /**
   * Takes over what a later look has seen. A status is never taken back while a token lives, so the two are united: an older
   * list, replayed or from a replica that is behind, cannot undo a revocation (security 96, 99).
   *
   * @throws when the array has another shape: a list does not change its size or width
   */
  merge({ bits, bytes }: StatusArray): void {
    if (bits !== this.bits || bytes.length !== this.#bytes.length)
      throw new Error(`${this.uri} has changed its shape`);
    for (let at = 0; at < bytes.length; at += 1) this.#bytes[at] = (this.#bytes[at] ?? 0) | (bytes[at] ?? 0);
  }
}

/** The decoded `status_list` member. */
export interface StatusArray {
  readonly bits: StatusBits;
  readonly bytes: Uint8Array;
}

/**
 * Decodes the `status_list` member of a Status List Token (§4.2): base64url of a ZLIB stream.
 *
 * @param maxBytes bound of what it may inflate to
 * @throws when it is anything else: other widths, raw deflate, gzip, truncated, a wrong checksum, trailing bytes, too large
 */
export function decodeStatusArray(statusList: unknown, maxBytes: number): StatusArray {
  if (typeof statusList !== 'object' || statusList === null) throw new Error('status_list is no object');
  const { bits, lst } = statusList as Readonly<Record<string, unknown>>;
  if (!ALLOWED_BITS.includes(bits)) throw new Error('bits is not 1, 2, 4 or 8');
  if (typeof lst !== 'string' || !/^[A-Za-z0-9_-]+$/.test(lst)) throw new Error('lst is not base64url');
  const compressed = Buffer.from(lst, 'base64url');
  const { buffer, engine } = inflateSync(compressed, {
    maxOutputLength: maxBytes,
    info: true,
  }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  if (engine.bytesWritten !== compressed.length) throw new Error('lst has bytes after its end');
  return { bits: bits as StatusBits, bytes: new Uint8Array(buffer) };
}
