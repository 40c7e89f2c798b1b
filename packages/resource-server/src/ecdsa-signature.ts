/**
 * The DER form (SEC 1 §C.5) of a raw ECDSA signature r‖s with 32 bytes each (RFC 7518 §3.4).
 *
 * @param raw 64 bytes
 */
export function ecdsaDerSignature(raw: Buffer): Buffer {
  const r = integerStart(raw, 0);
  const s = integerStart(raw, 32);
  const rLength = 32 - r.skip + r.sign;
  const sLength = 32 - s.skip + s.sign;
  const der = Buffer.alloc(6 + rLength + sLength);
  der[0] = 0x30;
  der[1] = 4 + rLength + sLength;
  der[2] = 0x02;
  der[3] = rLength;
  raw.copy(der, 4 + r.sign, r.skip, 32);
  der[4 + rLength] = 0x02;
  der[5 + rLength] = sLength;
  raw.copy(der, 6 + rLength + s.sign, 32 + s.skip, 64);
  return der;
}

/** How many leading zero bytes DER drops, and whether it adds one so that the integer stays positive. */
function integerStart(raw: Buffer, offset: number): { skip: number; sign: 0 | 1 } {
  let skip = 0;
  while (skip < 31 && raw[offset + skip] === 0) skip += 1;
  return { skip, sign: (raw[offset + skip] ?? 0) >= 0x80 ? 1 : 0 };
}
