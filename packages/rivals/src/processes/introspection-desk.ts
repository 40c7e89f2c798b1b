import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listenMeasured } from '@roomkey/experiment/measured';
import { LIFETIME_SECONDS } from '../designs/design.ts';
import { optionalSetting } from '../settings.ts';

/**
 * A desk that issues opaque tokens and tells about them (RFC 7662): as little as one can do, all in memory, so that what
 * introspection costs is the asking.
 */
interface Entry {
  readonly sub: string;
  readonly scope: string;
  readonly exp: number;
}

const entries = new Map<string, Entry>();
const now = (): number => Math.floor(Date.now() / 1_000);

const ROUTES: Readonly<Record<string, (form: URLSearchParams) => object>> = {
  '/introspect'(form) {
    const entry = entries.get(form.get('token') ?? '');
    return entry === undefined || entry.exp <= now() ? { active: false } : { active: true, ...entry };
  },
  '/tokens'(form) {
    const token = randomBytes(32).toString('base64url');
    const exp = now() + LIFETIME_SECONDS;
    entries.set(token, { sub: form.get('sub') ?? '', scope: form.get('scope') ?? '', exp });
    return { access_token: token };
  },
  '/revoke'(form) {
    entries.delete(form.get('token') ?? '');
    return {};
  },
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = ROUTES[request.url ?? ''];
  const form = new URLSearchParams(await text(request));
  const body = Buffer.from(JSON.stringify(route?.(form) ?? {}));
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  response.writeHead(route === undefined ? 404 : 200, headers).end(body);
}

const server = createServer((request, response) => void answer(request, response));
server.keepAliveTimeout = 120_000;
listenMeasured(server, Number(optionalSetting('PORT') ?? 0));
