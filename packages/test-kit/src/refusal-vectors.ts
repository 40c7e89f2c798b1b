import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { encodePart, signJws, signText, type TestIssuer } from './test-issuer.ts';

/** A token that no verifier of this system may accept, and the requirement that says so. */
export interface RefusalVector {
  readonly name: string;
  readonly token: (desk: TestIssuer) => string;
}

const now = () => Math.floor(Date.now() / 1_000);
const parts = (token: string) => token.split('.') as [string, string, string];

/** Signs literal texts as header and payload: for what JSON.stringify would tidy up. */
function signRaw(desk: TestIssuer, header: string | Buffer, payload: string | Buffer): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`;
  return `${input}.${signText(input, desk.privateKey)}`;
}

function rawParts(desk: TestIssuer): { header: string; payload: string } {
  const [header, payload] = parts(desk.token());
  return {
    header: Buffer.from(header, 'base64url').toString(),
    payload: Buffer.from(payload, 'base64url').toString(),
  };
}

const N = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

function withSignature(desk: TestIssuer, signature: Buffer): string {
  const [header, payload] = parts(desk.token());
  return `${header}.${payload}.${signature.toString('base64url')}`;
}

function flipped(desk: TestIssuer, index: 0 | 1 | 2): string {
  const all = parts(desk.token());
  const bytes = Buffer.from(all[index], 'base64url');
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  all[index] = bytes.toString('base64url');
  return all.join('.');
}

type Claims = Readonly<Record<string, unknown>>;

const claim = (name: string, claims: Claims | ((desk: TestIssuer) => Claims)): RefusalVector => ({
  name,
  token: (desk) => desk.token(typeof claims === 'function' ? claims(desk) : claims),
});
const header = (name: string, members: Readonly<Record<string, unknown>>): RefusalVector => ({
  name,
  token: (desk) => desk.token({}, members),
});
const text = (name: string, change: (token: string, desk: TestIssuer) => string): RefusalVector => ({
  name,
  token: (desk) => change(desk.token(), desk),
});

export const REFUSAL_VECTORS: readonly RefusalVector[] = [
  ...['none', 'None', 'NONE', 'nOnE'].map((alg) => ({
    name: `alg ${alg} without a signature (security 1)`,
    token: (desk: TestIssuer) =>
      `${signJws(
        { alg, typ: 'at+jwt', kid: desk.jwk['kid'] },
        JSON.parse(rawParts(desk).payload),
        desk.privateKey,
      )
        .split('.')
        .slice(0, 2)
        .join('.')}.`,
  })),
  header('alg none with a signature (security 1)', { alg: 'none' }),
  header('alg in lower case (security 1)', { alg: 'es256' }),
  header('alg of another strength (security 1)', { alg: 'ES384' }),
  header('alg as an array (security 1)', { alg: ['ES256'] }),
  header('no alg (security 1)', { alg: undefined }),
  ...(['pem', 'der', 'jwk'] as const).map((form) => ({
    name: `HS256 with the public key as ${form} for a secret (security 2)`,
    token: (desk: TestIssuer) => hmacToken(desk, form),
  })),
  header('RS256 for an EC key (security 3)', { alg: 'RS256' }),
  { name: 'a key of its own in jwk (security 4)', token: selfSigned },
  header('jku (security 4)', { jku: 'http://127.0.0.1:9/jwks.json' }),
  header('x5u (security 4)', { x5u: 'http://127.0.0.1:9/cert.pem' }),
  header('x5c (security 4)', { x5c: ['AAAA'] }),
  claim('another issuer (security 6)', { iss: 'http://evil.test' }),
  claim('the issuer with a slash (security 6)', ({ issuer }) => ({ iss: `${issuer}/` })),
  claim('the issuer in upper case (security 6)', ({ issuer }) => ({ iss: issuer.toUpperCase() })),
  claim('the issuer in an array (security 6)', ({ issuer }) => ({ iss: [issuer] })),
  claim('the issuer and a blank (security 6)', ({ issuer }) => ({ iss: `${issuer} ` })),
  claim('no issuer (security 6)', { iss: undefined }),
  claim('no audience (security 7)', { aud: undefined }),
  claim('another audience (security 7)', { aud: 'urn:another-service' }),
  claim('an empty list of audiences (security 7)', { aud: [] }),
  claim('the audience in a nested list (security 7)', ({ audience }) => ({ aud: [[audience]] })),
  claim('the audience beside a number (security 7)', ({ audience }) => ({ aud: [audience, 1] })),
  claim('the audience in an object (security 7)', ({ audience }) => ({ aud: { [audience]: audience } })),
  claim('a prefix of the audience (security 7)', ({ audience }) => ({ aud: audience.slice(0, -1) })),
  claim('the audience and more (security 7)', ({ audience }) => ({ aud: `${audience}/x` })),
  claim('the audience among others in one text (security 7)', ({ audience }) => ({
    aud: `urn:x ${audience}`,
  })),
  ...[
    'JWT',
    'jwt',
    'statuslist+jwt',
    'logout+jwt',
    'dpop+jwt',
    'client-authentication+jwt',
    'at+jwt ',
    '',
  ].map((typ) => header(`typ "${typ}" (security 8)`, { typ })),
  header('no typ (security 8)', { typ: undefined }),
  claim('no exp (security 9)', { exp: undefined }),
  claim('expired (security 9)', () => ({ iat: now() - 400, exp: now() - 100 })),
  claim('exp as text (security 9)', () => ({ exp: String(now() + 300) })),
  claim('exp as an array (security 9)', () => ({ exp: [now() + 300] })),
  claim('exp null (security 9)', { exp: null }),
  {
    name: 'exp 1e999 (security 9)',
    token: (desk) => {
      const { header: head, payload } = rawParts(desk);
      return signRaw(desk, head, payload.replace(/"exp":\d+/, '"exp":1e999'));
    },
  },
  claim('nbf in the future (security 10)', () => ({ nbf: now() + 250 })),
  claim('nbf as text (security 10)', { nbf: '0' }),
  claim('no iat (security 11)', { iat: undefined }),
  claim('iat in the future (security 11)', () => ({ iat: now() + 200 })),
  claim('a life longer than allowed (security 11)', () => ({ exp: now() + 100_000 })),
  ...['sub', 'client_id', 'jti'].flatMap((name) => [
    claim(`no ${name} (security 12)`, { [name]: undefined }),
    claim(`empty ${name} (security 12)`, { [name]: '' }),
    claim(`${name} as a number (security 12)`, { [name]: 1 }),
    claim(`${name} of 5,000 characters (security 12)`, { [name]: 'a'.repeat(5_000) }),
  ]),
  ...[['exp'], [], null, false, 0, '', 'exp'].map((crit) =>
    header(`crit ${JSON.stringify(crit)} (security 13)`, { crit }),
  ),
  header('b64 false (security 14)', { b64: false }),
  text('padding (security 15)', (token) => `${token}=`),
  text('a line break inside (security 15)', (token) => `${token.slice(0, 20)}\t${token.slice(20)}`),
  text('percent encoding (security 15)', (token) => token.replace('.', '%2e')),
  text('two parts (security 15)', (token) => token.split('.').slice(0, 2).join('.')),
  text('four parts (security 15)', (token) => `${token}.AAAA`),
  text('five parts, a JWE (security 17)', (token) => `${token}.AAAA.AAAA`),
  text('empty parts (security 15)', () => '..'),
  text('JSON serialisation (security 15)', (token) => {
    const [protectedHeader, payload, signature] = parts(token);
    return JSON.stringify({ protected: protectedHeader, payload, signature });
  }),
  text('standard base64 alphabet (security 15)', (token) => `${token.slice(0, -2)}+/`),
  text('trailing bits set (security 16)', (token) => token.slice(0, -1) + nonCanonical(token.at(-1) ?? 'A')),
  header('zip (security 17)', { zip: 'DEF' }),
  {
    name: 'a byte order mark (security 18)',
    token: (desk) => signRaw(desk, rawParts(desk).header, `\uFEFF${rawParts(desk).payload}`),
  },
  {
    name: 'invalid UTF-8 (security 18)',
    token: (desk) => {
      const { header: head, payload } = rawParts(desk);
      return signRaw(
        desk,
        head,
        Buffer.concat([
          Buffer.from(payload.replace('guest-1', 'guest-')).subarray(0, -1),
          Buffer.from(',"x":"'),
          Buffer.from([0xff, 0xfe]),
          Buffer.from('"}'),
        ]),
      );
    },
  },
  ...['[]', 'null', '"text"', '1', '{', ''].map((payload) => ({
    name: `payload ${payload || 'empty'} (security 18)`,
    token: (desk: TestIssuer) => signRaw(desk, rawParts(desk).header, payload),
  })),
  { name: 'a DER signature (security 20)', token: derSigned },
  { name: 'a signature of zeros (security 20)', token: (desk) => withSignature(desk, Buffer.alloc(64)) },
  { name: 'r = s = n (security 20)', token: (desk) => withSignature(desk, Buffer.concat([N, N])) },
  {
    name: 'a signature of 63 bytes (security 20)',
    token: (desk) => withSignature(desk, Buffer.alloc(63, 1)),
  },
  {
    name: 'a signature of 65 bytes (security 20)',
    token: (desk) => withSignature(desk, Buffer.alloc(65, 1)),
  },
  { name: 'a flipped bit in the header (security 23)', token: (desk) => flipped(desk, 0) },
  { name: 'a flipped bit in the payload (security 23)', token: (desk) => flipped(desk, 1) },
  { name: 'a flipped bit in the signature (security 23)', token: (desk) => flipped(desk, 2) },
  ...['constructor', '__proto__', 'toString', '', '../../etc/passwd', "' OR 1=1", 'x'.repeat(4_000)].map(
    (kid) => header(`kid "${kid.slice(0, 20)}" (security 24)`, { kid }),
  ),
  header('kid as an array (security 24)', { kid: [1] }),
  header('no kid (security 24)', { kid: undefined }),
  { name: 'signed by another key under the known kid (security 26)', token: foreignSigned },
  claim('a token above the size limit (security 27)', { padding: 'x'.repeat(9_000) }),
  claim('a token that is bound to a key (security 115)', { cnf: { jkt: 'x' } }),
  claim('actors nested too deep (security 102)', { act: nestedActors(50) }),
  claim('act as text (security 102)', { act: 'image' }),
];

function nonCanonical(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(last) + 1);
}

function hmacToken(desk: TestIssuer, form: 'pem' | 'der' | 'jwk'): string {
  const key = createPublicKey({ key: desk.jwk, format: 'jwk' });
  const secret = {
    pem: () => key.export({ type: 'spki', format: 'pem' }),
    der: () => key.export({ type: 'spki', format: 'der' }),
    jwk: () => JSON.stringify(desk.jwk),
  }[form]();
  const head = encodePart(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: desk.jwk['kid'] }));
  const input = `${head}.${parts(desk.token())[1]}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function selfSigned(desk: TestIssuer): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const head = { alg: 'ES256', typ: 'at+jwt', jwk: publicKey.export({ format: 'jwk' }) };
  return signJws(head, JSON.parse(rawParts(desk).payload), privateKey);
}

function foreignSigned(desk: TestIssuer): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return signJws(JSON.parse(rawParts(desk).header), JSON.parse(rawParts(desk).payload), privateKey);
}

function derSigned(desk: TestIssuer): string {
  const [head, payload, signature] = parts(desk.token());
  const raw = Buffer.from(signature, 'base64url');
  const integer = (bytes: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), bytes]);
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return `${head}.${payload}.${Buffer.concat([Buffer.from([0x30, body.length]), body]).toString('base64url')}`;
}

function nestedActors(depth: number): unknown {
  let act: unknown = { sub: 'service' };
  for (let level = 1; level < depth; level += 1) act = { sub: 'service', act };
  return act;
}
