import { createHmac, createPublicKey, sign } from 'node:crypto';
import { createKey, type DeskKey, type Json } from './desk.ts';
import { base64url, integer } from './integers.ts';
import type { Random } from './random.ts';

/** A token that may or may not be genuine, and what was done to it. */
export interface Mutant {
  readonly token: string;
  readonly kind: string;
}

export interface MutantOptions {
  readonly random: Random;
  readonly issuer: string;
  readonly audience: string;
  /** The published key. */
  readonly key: DeskKey;
  readonly nowSeconds: number;
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HEADERS = [
  'alg',
  'typ',
  'kid',
  'crit',
  'b64',
  'zip',
  'jwk',
  'jku',
  'x5c',
  'x5u',
  'cty',
  'enc',
  'x',
  '__proto__',
];
const CLAIMS = [
  'iss',
  'aud',
  'sub',
  'client_id',
  'jti',
  'iat',
  'exp',
  'nbf',
  'scope',
  'sid',
  'act',
  'cnf',
  'x',
  '__proto__',
];
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CHARACTERS = `${ALPHABET}.=+/ \t\n%~{"\0é`;

/** An endless supply of mutants, the same for the same random numbers. */
export function createMutants(options: MutantOptions): () => Mutant {
  const { random, issuer, audience, key, nowSeconds } = options;
  const { below, pick, onceIn } = random;
  const character = (of: string) => of.charAt(below(of.length));
  const strangerKey = createKey(key.kid);
  const publicKey = createPublicKey({ key: key.jwk, format: 'jwk' });
  const pool = Array.from({ length: 400 }, () => signed(header(), claims()));

  function header(): Json {
    return {
      alg: 'ES256',
      typ: onceIn(4) ? 'application/at+jwt' : 'at+jwt',
      kid: key.kid,
      ...(onceIn(8) && { x: 1 }),
    };
  }

  function claims(): Json {
    const iat = nowSeconds - below(200);
    return {
      iss: issuer,
      aud: onceIn(3) ? ['urn:other', audience] : audience,
      sub: `guest-${below(1e9)}`,
      client_id: 'app',
      jti: String(below(1e9)),
      iat,
      exp: nowSeconds + 1 + below(300),
      ...(onceIn(4) && { nbf: iat }),
      ...(onceIn(2) && { scope: pick(['', 'a', 'a b', ' a  b ']) }),
      ...(onceIn(4) && { act: { sub: 'data', act: { sub: 'image' } } }),
      ...(onceIn(4) && { sid: 's', ü: '\u{1f511}' }),
    };
  }

  function signText(input: string, by: DeskKey = key): string {
    const signature = sign('sha256', Buffer.from(input), { key: by.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }

  function signed(head: unknown, payload: unknown, by?: DeskKey): string {
    return signText(`${encode(JSON.stringify(head))}.${encode(JSON.stringify(payload))}`, by);
  }

  /** A member's value: near to what is right, or nothing of the kind. */
  function strangeValue(right: unknown): unknown {
    return pick<() => unknown>([
      () => undefined,
      () => null,
      () => [right],
      () => ({ value: right }),
      () => String(right),
      () => `${String(right)} `,
      () => String(right).toUpperCase(),
      () => String(right).slice(0, -1),
      () => (typeof right === 'number' ? right + below(2_000) - 1_000 : 1),
      () => nowSeconds + below(2_000) - 1_000,
      () => nowSeconds + pick([-1, 0, 0.5, 1]),
      () => pick([0, -1, 1e300, 0.1, true, false, '', 'x'.repeat(below(600)), [], {}]),
      () => pick([issuer, audience, 'ES256', 'none', 'at+jwt', 'AT+JWT', 'JWT', key.kid, 'sub']),
    ])();
  }

  const strangeJson = (text: string): string | Buffer =>
    pick<() => string | Buffer>([
      () => JSON.stringify(JSON.parse(text), null, 2),
      () => text.replace('{', '{ \n\t'),
      () => text.replaceAll('a', '\\u0061'),
      () =>
        text.replace(
          /"(exp|iat)":(\d+)/,
          pick(['"$1":$2.0', '"$1":$2e0', '"$1":$2.5', '"$1":1e999', '"$1":-$2', '"$1":0$2']),
        ),
      () =>
        text.replace(
          '{',
          `{"${pick([...HEADERS, ...CLAIMS])}":${pick(['1', '"x"', 'null', '"at+jwt"', '9999999999'])},`,
        ),
      () =>
        text.replace(
          /}$/,
          `,"${pick([...HEADERS, ...CLAIMS])}":${pick(['1', '"x"', 'null', '"at+jwt"', '9999999999'])}}`,
        ),
      () => `\uFEFF${text}`,
      () => ` ${text}\n`,
      () => `${text}${pick(['x', '{}', '\0', ','])}`,
      () => pick(['', '{}', '[]', 'null', '"x"', '1', '{', `[${text}]`]),
      () =>
        Buffer.concat([
          Buffer.from(text.slice(0, -1)),
          Buffer.from(',"x":"'),
          Buffer.from([0xc3, 0x28]),
          Buffer.from('"}'),
        ]),
      () => text.replace(/}$/, ',"x":"\\ud800"}'),
      () => text.replace(/}$/, `,"x":${'['.repeat(below(900))}1`),
    ])();

  const flipBit = (part: string): string => {
    const bytes = Buffer.from(part, 'base64url');
    if (bytes.length === 0) return part;
    const at = below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    return bytes.toString('base64url');
  };

  const split = (token: string) => token.split('.') as [string, string, string];
  const withPart = (token: string, at: number, change: (part: string) => string) =>
    split(token)
      .map((part, index) => (index === at ? change(part) : part))
      .join('.');

  const withSignature = (token: string, change: (signature: Buffer) => Buffer) =>
    withPart(token, 2, (part) => change(Buffer.from(part, 'base64url')).toString('base64url'));

  const kinds: Readonly<Record<string, () => string>> = {
    'as it is': () => pick(pool),
    'other claims, signed': () => {
      const all = claims();
      const name = pick(CLAIMS);
      return signed(header(), { ...all, [name]: strangeValue(all[name]) });
    },
    'other header, signed': () => {
      const all = header();
      const name = pick(HEADERS);
      return signed({ ...all, [name]: strangeValue(all[name]) }, claims());
    },
    'other payload text, signed': () =>
      signText(`${encode(JSON.stringify(header()))}.${encode(strangeJson(JSON.stringify(claims())))}`),
    'other header text, signed': () =>
      signText(`${encode(strangeJson(JSON.stringify(header())))}.${encode(JSON.stringify(claims()))}`),
    'other encoding, signed': () => {
      const input = split(pick(pool)).slice(0, 2).join('.');
      return signText(
        pick([
          `${input}=`,
          input.replace('.', '=.'),
          `${input}A`,
          input.replace('.', '..'),
          ` ${input}`,
          input.replaceAll('-', '+'),
        ]),
      );
    },
    'another key': () => signed(header(), claims(), strangerKey),
    'the public key as a secret': () => {
      const secret = pick([
        publicKey.export({ type: 'spki', format: 'pem' }),
        publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(key.jwk),
        '',
      ]);
      const input = `${encode(JSON.stringify({ ...header(), alg: 'HS256' }))}.${encode(JSON.stringify(claims()))}`;
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
    'no signature': () =>
      `${encode(JSON.stringify({ ...header(), alg: pick(['none', 'None', 'NONE', '']) }))}.${split(pick(pool))[1]}.`,
    'a flipped bit': () => withPart(pick(pool), below(3), flipBit),
    'the other s': () =>
      withSignature(pick(pool), (signature) =>
        Buffer.concat([
          signature.subarray(0, 32),
          Buffer.from(base64url(ORDER - integer(signature.subarray(32)), 32), 'base64url'),
        ]),
      ),
    'other integers': () =>
      withSignature(pick(pool), (signature) => {
        const r = signature.subarray(0, 32);
        const s = signature.subarray(32);
        const n = Buffer.from(base64url(ORDER, 32), 'base64url');
        const zero = Buffer.alloc(32);
        return Buffer.concat(
          pick([
            [s, r],
            [r],
            [r, s, zero],
            [zero, r, s],
            [zero, s],
            [r, zero],
            [n, s],
            [r, n],
            [zero, zero],
            [r, r],
            [n, n],
          ]),
        );
      }),
    'parts of two tokens': () => {
      const [one, other] = [split(pick(pool)), split(pick(pool))];
      return [0, 1, 2].map((at) => (onceIn(2) ? one[at] : other[at])).join('.');
    },
    'another character': () => {
      const token = pick(pool);
      const at = below(token.length);
      return token.slice(0, at) + character(CHARACTERS) + token.slice(at + 1);
    },
    'one character more': () => {
      const token = pick(pool);
      const at = below(token.length + 1);
      return token.slice(0, at) + character(CHARACTERS) + token.slice(at);
    },
    'one character less': () => {
      const token = pick(pool);
      const at = below(token.length);
      return token.slice(0, at) + token.slice(at + 1);
    },
    'the last character of a part': () =>
      withPart(pick(pool), below(3), (part) => part.slice(0, -1) + character(ALPHABET)),
    'cut off': () => pick(pool).slice(0, below(400)),
    'other structure': () => {
      const token = pick(pool);
      const [head, payload, signature] = split(token);
      return pick([
        `${token}.`,
        `.${token}`,
        `${token}.${signature}`,
        `${head}.${payload}`,
        `${head}..${signature}`,
        `${head}.${payload}.${signature}.AAAA.AAAA`,
        `${token}${token}`,
        token.toLowerCase(),
        token.replace('.', '%2e'),
        `Bearer ${token}`,
        JSON.stringify({ protected: head, payload, signature }),
        JSON.stringify({ payload, signatures: [{ protected: head, signature }] }),
        '',
        '.',
        '..',
        `${head}.${payload}.${signature}\n`,
      ]);
    },
  };

  const names = Object.keys(kinds);
  return () => {
    const kind = pick(names);
    return { kind, token: kinds[kind]?.() ?? '' };
  };
}

function encode(text: string | Buffer): string {
  return Buffer.from(text).toString('base64url');
}
