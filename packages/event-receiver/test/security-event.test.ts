import { createTestIssuer } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { verifySecurityEvent } from '../src/security-event.ts';
import { AUDIENCE, PURGED, purge } from './desk.ts';

const desk = createTestIssuer({ audience: AUDIENCE });
const stranger = createTestIssuer({ audience: AUDIENCE, issuer: desk.issuer });
const rules = { view: desk.knowledge, audience: AUDIENCE, nowMs: Date.now() };
const now = Math.floor(Date.now() / 1_000);
const about = (more: object) => ({ sub_id: { format: 'iss_sub', iss: desk.issuer, sub: 'mia', ...more } });

test("the desk's event says whose account is to be erased", () => {
  const { id, set } = purge(desk, 'mia');
  const purged = { issuer: desk.issuer, subject: 'mia' };
  expect(verifySecurityEvent(set, rules)).toEqual({ ok: true, id, purged });
});

const [header = '', payload = '', signature = ''] = purge(desk, 'mia').set.split('.');
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const other = purge(desk, 'ben').set.split('.');
const HMAC = { alg: 'HS256', typ: 'secevent+jwt', kid: desk.jwk['kid'] };

test.each<[string, string, string]>([
  ['an access token', desk.token({ sub: 'mia' }), 'invalid_request'],
  ['an access token that holds an event', purge(desk, 'mia', {}, { typ: 'at+jwt' }).set, 'invalid_request'],
  ['a status list by its type', purge(desk, 'mia', {}, { typ: 'statuslist+jwt' }).set, 'invalid_request'],
  ['one without a type', purge(desk, 'mia', {}, { typ: undefined }).set, 'invalid_request'],
  [
    "another key under the desk's kid",
    purge(stranger, 'mia', {}, { kid: desk.jwk['kid'] }).set,
    'invalid_key',
  ],
  ['a key nobody knows', purge(stranger, 'mia').set, 'invalid_key'],
  ['no kid', purge(desk, 'mia', {}, { kid: undefined }).set, 'invalid_key'],
  ['no signature', `${header}.${payload}.`, 'invalid_request'],
  ['alg none', `${encode({ ...HMAC, alg: 'none' })}.${payload}.AA`, 'invalid_key'],
  ['a shared-key algorithm', `${encode(HMAC)}.${payload}.${signature}`, 'invalid_key'],
  ["another's payload", `${header}.${other[1]}.${signature}`, 'invalid_key'],
  ['a key of its own', purge(desk, 'mia', {}, { jwk: desk.jwk }).set, 'invalid_request'],
  ['a critical header', purge(desk, 'mia', {}, { crit: ['exp'] }).set, 'invalid_request'],
  ['another issuer', purge(desk, 'mia', { iss: 'http://elsewhere.test' }).set, 'invalid_issuer'],
  ['another audience', purge(desk, 'mia', { aud: 'http://test/other' }).set, 'invalid_audience'],
  ['several audiences', purge(desk, 'mia', { aud: [AUDIENCE, 'http://test/other'] }).set, 'invalid_audience'],
  ['no audience', purge(desk, 'mia', { aud: undefined }).set, 'invalid_audience'],
  ['a time to come', purge(desk, 'mia', { iat: now + 600 }).set, 'invalid_request'],
  ['no time', purge(desk, 'mia', { iat: undefined }).set, 'invalid_request'],
  ['no jti', purge(desk, 'mia', { jti: undefined }).set, 'invalid_request'],
  ['a sub', purge(desk, 'mia', { sub: 'mia' }).set, 'invalid_request'],
  ['an end', purge(desk, 'mia', { exp: now + 60 }).set, 'invalid_request'],
  ['no event', purge(desk, 'mia', { events: {} }).set, 'invalid_request'],
  ['another event', purge(desk, 'mia', { events: { 'urn:other': {} } }).set, 'invalid_request'],
  [
    'a second event',
    purge(desk, 'mia', { events: { [PURGED]: {}, 'urn:other': {} } }).set,
    'invalid_request',
  ],
  ['no subject', purge(desk, 'mia', { sub_id: undefined }).set, 'invalid_request'],
  ['a subject of another form', purge(desk, 'mia', about({ format: 'email' })).set, 'invalid_request'],
  ['an empty subject', purge(desk, 'mia', about({ sub: '' })).set, 'invalid_request'],
  [
    "another issuer's subject",
    purge(desk, 'mia', about({ iss: 'http://elsewhere.test' })).set,
    'invalid_issuer',
  ],
  ['a text that is none', 'hello', 'invalid_request'],
  ['a text of 9 KiB', purge(desk, 'mia', { more: 'x'.repeat(9_000) }).set, 'invalid_request'],
])('%s is not believed (security 1, 2, 4, 9, 10)', (_what, set, err) => {
  expect(verifySecurityEvent(set, rules)).toMatchObject({ ok: false, err });
});

test('an event is no access token (security 9)', () => {
  expect(desk.verifier.verify(purge(desk, 'mia').set)).toEqual({ ok: false, reason: 'wrong-type' });
});

test('what is known of the desk for too long, or of a key that is withdrawn, verifies nothing (security 39)', () => {
  const { set } = purge(desk, 'mia');
  const stale = { ...desk.knowledge, isFresh: () => false };
  expect(verifySecurityEvent(set, { ...rules, view: stale })).toMatchObject({ err: 'invalid_key' });
  const withdrawn = {
    ...desk.knowledge,
    key(kid: string) {
      const key = desk.knowledge.key(kid);
      return key && { ...key, withdrawn: true };
    },
  };
  expect(verifySecurityEvent(set, { ...rules, view: withdrawn })).toMatchObject({ err: 'invalid_key' });
});
