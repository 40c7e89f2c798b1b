/** Big-endian bytes, as many as asked for, in base64url. */
export function base64url(value: bigint, bytes = 0): string {
  const hex = value.toString(16);
  const digits = Math.max(bytes * 2, hex.length + (hex.length % 2));
  return Buffer.from(hex.padStart(digits, '0'), 'hex').toString('base64url');
}

/** The number that big-endian bytes stand for. */
export function integer(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

/** The same bytes the other way round. */
export function littleEndian(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toReversed());
}
