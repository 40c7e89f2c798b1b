import { randomBytes } from 'node:crypto';
import { argv } from 'node:process';
import { httpRequest, saturate } from '@roomkey/experiment';
import { reportPort } from '@roomkey/experiment/measured';

/** Sends forged tokens to a port as fast as they are refused: well-formed, with a key that is known, each signature another. */
const [port, path = '/', card = ''] = argv.slice(2);
const [header, payload] = card.split('.');
const FORGERIES = 2_000;
const CONNECTIONS = 16;

const requests = Array.from({ length: FORGERIES }, () => {
  const forged = `${header}.${payload}.${randomBytes(64).toString('base64url')}`;
  return httpRequest('GET', path, { authorization: `Bearer ${forged}` });
});
reportPort(Number(port));
await saturate({ port: Number(port), requests, connections: CONNECTIONS, seconds: Infinity, status: 401 });
