import { FastifyOtelInstrumentation } from '@fastify/otel';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import fp from 'fastify-plugin';

interface TracingOptions {
  readonly name: string;
  readonly replica: string;
  /** Base address of a collector that takes OTLP over HTTP. */
  readonly endpoint: string;
}

/**
 * Spans of requests and of the calls made for them, sent to a collector; whatever else the SDK can be told, it is told by
 * its own settings (`OTEL_TRACES_SAMPLER` …). Without a collector nothing but the spans is lost.
 *
 * Loaded only where a collector is named.
 */
export const tracing = fp<TracingOptions>(async (app, { name, replica, endpoint }) => {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'roomkey',
      'service.name': name,
      'service.instance.id': replica,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  // Not baggage as well: what a client says would be handed on to every service.
  provider.register({ propagator: new W3CTraceContextPropagator() });

  const calls = new UndiciInstrumentation({
    // What a service does in the background has no request that it belongs to.
    requireParentforSpans: true,
    startSpanHook: ({ origin, path }) => ({ 'url.full': `${origin}${withoutQuery(path)}`, 'url.query': '' }),
  });
  calls.setTracerProvider(provider);
  const requests = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    lifecycleHook: (span) => void span.updateName('handler'),
    requestHook(span, request) {
      const { method, id, routeOptions, headers } = request;
      span.updateName(`${method} ${routeOptions.url ?? '*'}`);
      span.setAttributes({ 'url.path': withoutQuery(request.originalUrl), 'roomkey.request_id': id });
      // From here on the span is the parent of what is called; handed on as well, the caller's would make two of it.
      delete headers['traceparent'];
      delete headers['tracestate'];
    },
  });
  requests.setTracerProvider(provider);

  app.addHook('onRoute', (route) => {
    // What is too frequent for the log is too frequent here.
    if (route.logLevel === 'silent' || route.logLevel === 'warn')
      route.config = { ...route.config, otel: false };
  });
  await app.register(requests.plugin());
  app.addHook('onClose', async () => {
    calls.disable();
    await provider
      .shutdown()
      .catch((error: unknown) => app.log.warn({ err: error }, 'the last spans are lost'));
  });
});

/** A query may hold a signature. */
const withoutQuery = (path: string): string => path.split('?', 1)[0] ?? '';
