import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { argv } from 'node:process';
import { listenMeasured } from '@roomkey/experiment/measured';
import { Pool } from 'undici';

/**
 * `balancer.ts <sticky | spread> <origin…>`: hands requests on, to each in turn. `sticky` names the upstream in a cookie, as
 * HAProxy's `cookie … insert` does, and goes on there as long as it answers; then to another one, with a new cookie.
 */
const [mode = '', ...origins] = argv.slice(2);
const isSticky = mode === 'sticky';
const COOKIE = 'upstream';
const COOKIE_VALUE = new RegExp(`(?:^|; )${COOKIE}=(\\d+)`);
/** How long an upstream that did not answer is left alone. */
const RESTS_MS = 1_000;
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

const upstreams = origins.map((origin, index) => ({
  index,
  pool: new Pool(origin, { connections: 64 }),
  restsUntil: 0,
}));
type Upstream = (typeof upstreams)[number];
let turn = 0;

function choose(request: IncomingMessage, tried: ReadonlySet<Upstream>): Upstream | undefined {
  const candidates = upstreams.filter((upstream) => !tried.has(upstream));
  const awake = candidates.filter(({ restsUntil }) => restsUntil <= Date.now());
  const wanted = isSticky ? COOKIE_VALUE.exec(request.headers.cookie ?? '')?.[1] : undefined;
  const remembered = awake.find(({ index }) => String(index) === wanted);
  if (remembered !== undefined) return remembered;
  turn += 1;
  return awake[turn % awake.length] ?? candidates[0];
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? null : Buffer.concat(chunks);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const tried = new Set<Upstream>();
  for (;;) {
    const upstream = choose(request, tried);
    if (upstream === undefined) {
      response.writeHead(502, { 'content-length': 0 }).end();
      return;
    }
    tried.add(upstream);
    try {
      await passOn(upstream, request, body, response);
      return;
    } catch (error) {
      upstream.restsUntil = Date.now() + RESTS_MS;
      // What may have been done is not done again.
      const isSafe = request.method === 'GET' || (error as { code?: string }).code === 'ECONNREFUSED';
      if (isSafe && !response.headersSent) continue;
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-length': 0 }).end();
      return;
    }
  }
}

async function passOn(
  upstream: Upstream,
  request: IncomingMessage,
  body: Buffer | null,
  response: ServerResponse,
): Promise<void> {
  const headers = withoutHops(request.headers);
  const answer = await upstream.pool.request({
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers,
    body,
  });
  const content = Buffer.from(await answer.body.arrayBuffer());
  const answered = withoutHops(answer.headers);
  if (isSticky && COOKIE_VALUE.exec(request.headers.cookie ?? '')?.[1] !== String(upstream.index)) {
    const cookies = [answered['set-cookie'] ?? []].flat();
    answered['set-cookie'] = [...cookies, `${COOKIE}=${upstream.index}; Path=/; HttpOnly`];
  }
  response.writeHead(answer.statusCode, { ...answered, 'content-length': content.length }).end(content);
}

function withoutHops(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_BY_HOP.has(name) ? [] : [[name, value] as const],
    ),
  );
}

const server = createServer((request, response) => void handle(request, response));
server.keepAliveTimeout = 120_000;
listenMeasured(server);
