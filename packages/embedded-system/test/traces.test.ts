import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openRecordingServer } from '@roomkey/test-kit';
import { expect, test } from 'vitest';
import { startSystem } from '../src/index.ts';
import { scratchFolder } from './folder.ts';

/** One grey pixel. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);

interface Span {
  readonly service: string;
  readonly traceId: string;
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

interface ExportedSpans {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[];
  }[];
}

function spansIn(body: Buffer): Span[] {
  const { resourceSpans } = JSON.parse(body.toString()) as ExportedSpans;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
  });
}

test(
  'where a collector is named, a call through several services is one trace',
  { timeout: 90_000 },
  async () => {
    await using collector = await openRecordingServer(() => ({ body: {} }));
    await using folder = await scratchFolder();
    await using system = await startSystem({
      dataDir: join(folder.path, 'data'),
      port: 0,
      replicas: 1,
      settings: () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, OTEL_BSP_SCHEDULE_DELAY: '100' }),
    });
    const send = async (method: string, path: string, card: string | undefined, body: unknown, more = {}) => {
      const isBytes = Buffer.isBuffer(body);
      const answer = await fetch(`${system.origin}${path}`, {
        method,
        headers: {
          ...(!isBytes && { 'content-type': 'application/json' }),
          ...(card !== undefined && { authorization: `Bearer ${card}` }),
          ...more,
        },
        body: isBytes ? new Uint8Array(body) : JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Record<string, string>;
    };

    const guest = { name: 'ada', password: randomBytes(18).toString('base64url') };
    await send('POST', '/auth/accounts', undefined, guest);
    const { access_token: card } = await send('POST', '/auth/sessions', undefined, guest);
    const { id } = await send('POST', '/image/images', card, PICTURE);
    await send('PUT', '/profile/me', card, { handle: 'ada_l', displayName: 'Ada' }, { 'if-none-match': '*' });
    const traceId = randomBytes(16).toString('hex');
    await send(
      'PUT',
      '/profile/me/avatar?token=secret',
      card,
      { image: id },
      {
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
      },
    );

    const trace = () =>
      collector.received
        .filter(({ path }) => path === '/v1/traces')
        .flatMap(({ body }) => spansIn(body))
        .filter((span) => span.traceId === traceId);
    const servicesOf = () => new Set(trace().map(({ service }) => service));
    await expect.poll(servicesOf, { timeout: 20_000 }).toEqual(new Set(['profile', 'auth', 'image']));
    await expect.poll(() => trace().map(({ name }) => name)).toContain('PUT /profile/me/avatar');

    // Each hangs on the one before it, up to the caller's own.
    const spans = trace();
    const chainOf = (span: Span | undefined): string[] =>
      span === undefined
        ? []
        : [span.service, ...chainOf(spans.find(({ spanId }) => spanId === span.parentSpanId))];
    for (const called of ['auth', 'image']) {
      const served = spans.find(({ service, name }) => service === called && /^(GET|POST) \//.test(name));
      expect(new Set(chainOf(served))).toEqual(new Set([called, 'profile']));
    }
    for (const { body } of collector.received) expect(body.includes('secret')).toBe(false);
  },
);
