import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { importVerificationKey, type SignatureAlgorithm } from '../src/index.ts';
import { createKey, openDesk, type Json } from './desk.ts';
import { base64url, integer, littleEndian } from './integers.ts';
import { openView } from './view.ts';

const ALL: readonly SignatureAlgorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'];
const { jwk: ecJwk } = createKey('ec');

describe.each(ALL)('%s', (algorithm) => {
  async function signer() {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: algorithm, alg: algorithm };
    const sign = (payload: Json) =>
      new SignJWT({ ...payload })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: algorithm })
        .sign(privateKey);
    return { jwk, sign };
  }

  test('verifies what jose has signed, and nothing else (security 1, 3, 20, 22, 23)', async () => {
    const { jwk, sign } = await signer();
    const key = importVerificationKey(jwk, [algorithm]);
    const token = await sign({ sub: 'guest' });
    const input = token.slice(0, token.lastIndexOf('.'));
    const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url');
    expect(key?.verifies(input, signature)).toBe(true);
    expect(key?.verifies(`${input} `, signature)).toBe(false);
    expect(key?.verifies('', signature)).toBe(false);
    for (const wrong of [
      Buffer.alloc(0),
      Buffer.alloc(signature.length),
      Buffer.alloc(signature.length, 0xff),
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), signature]),
      Buffer.concat([signature, signature]),
    ])
      expect(key?.verifies(input, wrong)).toBe(false);
    for (let bit = 0; bit < signature.length * 8; bit += 1) {
      const flipped = Buffer.from(signature);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (key?.verifies(input, flipped) !== false) throw new Error(`bit ${bit} makes no difference`);
    }
  });

  test('verifies no signature of another algorithm (security 3)', async () => {
    const { jwk } = await signer();
    const key = importVerificationKey(jwk, [algorithm]);
    const same = new Set([algorithm, algorithm === 'EdDSA' ? 'Ed25519' : algorithm]);
    for (const other of ALL.filter((one) => !same.has(one))) {
      const { privateKey } = await generateKeyPair(other);
      const token = await new SignJWT({}).setProtectedHeader({ alg: other }).sign(privateKey);
      const dot = token.lastIndexOf('.');
      expect(key?.verifies(token.slice(0, dot), Buffer.from(token.slice(dot + 1), 'base64url'))).toBe(false);
    }
  });

  test('carries a token from the issuer to the verdict, where it is allowed (security 1)', async () => {
    await using desk = await openDesk();
    const { jwk, sign } = await signer();
    desk.answers.set('/jwks.json', (response) => response.end(JSON.stringify({ keys: [jwk, ecJwk] })));
    using allowing = await openView(desk, { listsToo: false, algorithms: [algorithm] });
    const iat = Math.floor(Date.now() / 1_000);
    const token = await sign({
      iss: desk.issuer,
      aud: desk.audience,
      sub: 'guest',
      client_id: 'app',
      jti: '1',
      iat,
      exp: iat + 60,
    });
    expect(allowing.judge(token)).toBe('accepted');
    using forbidding = await openView(desk, {
      listsToo: false,
      algorithms: algorithm === 'ES256' ? ['EdDSA'] : ['ES256'],
    });
    expect(forbidding.judge(token)).not.toBe('accepted');
  });
});

test('an RSA signature beyond the modulus is refused, though it is the same number (security 22)', async () => {
  for (const algorithm of ['RS256', 'PS256'] as const) {
    let found = false;
    while (!found) {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: algorithm };
      const modulus = integer(Buffer.from(String(jwk['n']), 'base64url'));
      const key = importVerificationKey(jwk, [algorithm]);
      for (let time = 0; time < 50 && !found; time += 1) {
        const token = await new SignJWT({ time }).setProtectedHeader({ alg: algorithm }).sign(privateKey);
        const dot = token.lastIndexOf('.');
        const signature = Buffer.from(token.slice(dot + 1), 'base64url');
        const beyond = integer(signature) + modulus;
        if (beyond >= 2n ** 2048n) continue;
        found = true;
        expect(key?.verifies(token.slice(0, dot), signature)).toBe(true);
        expect(key?.verifies(token.slice(0, dot), Buffer.from(base64url(beyond, 256), 'base64url'))).toBe(
          false,
        );
      }
    }
  }
});

test('an Ed25519 signature with S beyond the order is refused, though it is the same number (security 22)', async () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = importVerificationKey({ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'EdDSA' }, [
    'EdDSA',
  ]);
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);
  const dot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  const s = integer(littleEndian(signature.subarray(32)));
  expect(key?.verifies(token.slice(0, dot), signature)).toBe(true);
  for (const times of [1n, 2n, 7n]) {
    const beyond = littleEndian(Buffer.from(base64url(s + times * order, 32), 'base64url'));
    expect(key?.verifies(token.slice(0, dot), Buffer.concat([signature.subarray(0, 32), beyond]))).toBe(
      false,
    );
  }
});
