import { createPrivateKey } from 'node:crypto';
import { importJWK, jwtVerify, type JWK } from 'jose';
import { expect, test } from 'vitest';
import { callService, createTokenClient, generateClientKey, publicClientKey } from '../src/index.ts';
import {
  ACCESS_TOKEN_TYPE,
  bearerOf,
  ISSUER,
  openDesk,
  openRoom,
  RESOURCE,
  TARGET,
  tokenAnswer,
} from './desk.ts';

test('the client proves itself with a signed assertion that is for the issuer alone, and another one each time (security 60, 108)', async () => {
  await using desk = await openDesk();
  await using room = await openRoom(() => ({ status: 401 }));
  await callService(room.origin, {}, { token: desk.tokens.clientCredentials(TARGET) });

  const forms = desk.forms();
  expect(forms).toHaveLength(2);
  const key = await importJWK(desk.publicKey as JWK, 'ES256');
  const seen = new Set<unknown>();
  for (const form of forms) {
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', key);
    expect(payload.aud).toBe(ISSUER);
    expect([payload.iss, payload.sub]).toEqual(['profile', 'profile']);
    expect(protectedHeader['kid']).toBe((desk.publicKey as JWK).kid);
    seen.add(payload.jti);
  }
  expect(seen.size).toBe(2);
});

test('what is asked for is one resource and the scopes named, and for an exchange the token it is for (security 103)', async () => {
  await using desk = await openDesk();
  await using room = await openRoom();
  await callService(room.origin, {}, { token: desk.tokens.clientCredentials(TARGET) });
  await callService(room.origin, {}, { token: desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' }) });

  const [own, exchange] = desk.forms();
  expect(own?.get('grant_type')).toBe('client_credentials');
  expect(own?.has('subject_token')).toBe(false);
  expect(exchange?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:token-exchange');
  expect(exchange?.get('subject_token')).toBe('of-mia');
  expect(exchange?.get('subject_token_type')).toBe(ACCESS_TOKEN_TYPE);
  for (const form of [own, exchange]) {
    expect(form?.getAll('resource')).toEqual([RESOURCE]);
    expect(form?.get('scope')).toBe('image:read');
  }
});

test('the exchanged token goes out, and the token it was exchanged for nowhere but to the desk (security 107)', async () => {
  await using desk = await openDesk(() => tokenAnswer({ access_token: 'exchanged' }));
  await using room = await openRoom();
  const token = desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' });
  expect((await callService(room.origin, {}, { token })).ok).toBe(true);

  expect(room.received.map(bearerOf)).toEqual(['exchanged']);
  expect(JSON.stringify(room.received)).not.toContain('of-mia');
  expect(JSON.stringify(token)).toBe(JSON.stringify(TARGET));
});

test('a token is kept until shortly before its end, for each user, resource and scope its own', async () => {
  let now = 0;
  await using desk = await openDesk(undefined, { now: () => now });
  await using room = await openRoom();
  const call = async (subjectToken: string, scope = 'image:read'): Promise<string | undefined> => {
    const token = desk.tokens.exchange({ subjectToken, resource: RESOURCE, scope });
    await callService(room.origin, {}, { token });
    const last = room.received.at(-1);
    return last && bearerOf(last);
  };

  const mia = await call('of-mia');
  const ben = await call('of-ben');
  expect(ben).not.toBe(mia);
  expect(await call('of-mia', 'image:read image:write')).not.toBe(mia);
  expect(await call('of-mia')).toBe(mia);
  now = 269_999;
  expect(await call('of-mia')).toBe(mia);
  expect(desk.received).toHaveLength(3);
  now = 270_000;
  expect(await call('of-mia')).not.toBe(mia);
  expect(desk.received).toHaveLength(4);
});

test('no more tokens are kept than was said, the least recently used given up first', async () => {
  await using desk = await openDesk(undefined, { maxTokens: 2 });
  await using room = await openRoom();
  const call = (subjectToken: string) =>
    callService(room.origin, {}, { token: desk.tokens.exchange({ ...TARGET, subjectToken }) });

  for (const subjectToken of ['a', 'b', 'a', 'c']) await call(subjectToken);
  expect(desk.received).toHaveLength(3);
  await call('a');
  expect(desk.received).toHaveLength(3);
  await call('b');
  expect(desk.received).toHaveLength(4);
});

test('fifty calls at once cause one token request', async () => {
  await using desk = await openDesk();
  await using room = await openRoom();
  const calls = Array.from({ length: 50 }, () =>
    callService(room.origin, {}, { token: desk.tokens.exchange({ ...TARGET, subjectToken: 'of-mia' }) }),
  );
  expect((await Promise.all(calls)).every(({ ok }) => ok)).toBe(true);
  expect(room.received).toHaveLength(50);
  expect(desk.received).toHaveLength(1);
});

test('a key is a P-256 private key as JWK or PEM; anything else is refused without a word of it', () => {
  const jwk = generateClientKey();
  const pem = createPrivateKey({ key: JSON.parse(jwk), format: 'jwk' }).export({
    format: 'pem',
    type: 'pkcs8',
  });
  const settings = { issuer: ISSUER, tokenUrl: 'http://127.0.0.1:1/', clientId: 'profile' };
  for (const privateKey of [jwk, JSON.parse(jwk), pem])
    expect(() => createTokenClient({ ...settings, privateKey })).not.toThrow();
  const { d, ...withoutPrivate } = JSON.parse(jwk) as Record<string, string>;
  expect(publicClientKey(jwk)).not.toHaveProperty('d');
  for (const privateKey of [
    '',
    '{',
    'secret',
    JSON.stringify(withoutPrivate),
    jwk.replace('P-256', 'P-384'),
  ]) {
    const create = () => createTokenClient({ ...settings, privateKey });
    expect(create).toThrow(TypeError);
    expect(create).not.toThrow(d ?? '');
  }
});
