/**
 * What no desk can do without: read a token request, verify the signature of its assertion, sign a token, answer. Nothing is
 * checked, looked up, kept or logged.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { listenMeasured } from '@roomkey/experiment/measured';

const { RESOURCE = '', SCOPE = '', CLIENT_KEY = '' } = process.env;
// Imported from their bytes, as keys from a registry are: made in this process they sign at another speed.
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});
const ownKey = { key: createPrivateKey(pem), dsaEncoding: 'ieee-p1363' } as const;
const clientKey = {
  key: createPublicKey({ key: JSON.parse(CLIENT_KEY), format: 'jwk' }),
  dsaEncoding: 'ieee-p1363',
} as const;
const HEADER = base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const assertion = new URLSearchParams(await text(request)).get('client_assertion') ?? '';
  const end = assertion.lastIndexOf('.');
  const signature = Buffer.from(assertion.slice(end + 1), 'base64url');
  const isGenuine = verify('sha256', Buffer.from(assertion.slice(0, end)), clientKey, signature);
  const body = JSON.stringify(isGenuine ? { access_token: token(), token_type: 'Bearer' } : {});
  response.writeHead(isGenuine ? 200 : 401, {
    'content-type': 'application/json',
    'content-length': body.length,
  });
  response.end(body);
}

function token(): string {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { sub: 'bench', aud: RESOURCE, scope: SCOPE, jti: randomUUID(), iat, exp: iat + 300 };
  const input = `${HEADER}.${base64url(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), ownKey).toString('base64url')}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const server = createServer((request, response) => void answer(request, response));
listenMeasured(server);
