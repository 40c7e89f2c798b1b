import type { ServerResponse } from 'node:http';
import type { Service } from './balancer.ts';
import type { ProblemWriter } from './problem-answer.ts';

/** What the operational pages tell about. */
export interface GatewayState {
  readonly services: readonly Service[];
  readonly problems: ProblemWriter;
  isDraining: boolean;
}

/** The gateway's own paths; `undefined` for any other. No service can have these names. */
export function operationalPage(
  path: string,
  state: GatewayState,
): ((response: ServerResponse) => void) | undefined {
  switch (path) {
    case '/healthz':
      return (response) => sendJson(response, 200, { status: 'ok' });
    case '/readyz':
      return (response) => sendReadiness(response, state);
    case '/metrics':
      return (response) =>
        send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(state));
    case '/gateway/status':
      return (response) => sendJson(response, 200, statusOf(state));
    default:
      return undefined;
  }
}

function sendReadiness(response: ServerResponse, { services, isDraining }: GatewayState): void {
  const missing = isDraining
    ? ['draining']
    : services.filter((one) => readyCount(one) === 0).map(({ name }) => name);
  if (missing.length > 0) sendJson(response, 503, { status: 'not ready', missing });
  else sendJson(response, 200, { status: 'ready' });
}

function readyCount({ replicas }: Service): number {
  return replicas.filter(({ ready }) => ready).length;
}

function statusOf({ services, isDraining }: GatewayState) {
  return {
    draining: isDraining,
    services: services.map((service) => ({
      name: service.name,
      ready: readyCount(service),
      inFlight: service.inFlight,
      retries: service.retries,
      replicas: service.replicas.map(({ origin, ready, inFlight, served, failures }) => ({
        url: origin,
        ready,
        inFlight,
        served,
        failures,
      })),
    })),
  };
}

function metricsText({ services, problems }: GatewayState): string {
  const lines: string[] = [];
  const family = (name: string, type: string, help: string): void => {
    lines.push(`# HELP roomkey_gateway_${name} ${help}`, `# TYPE roomkey_gateway_${name} ${type}`);
  };
  const sample = (name: string, labels: string, value: number): void => {
    lines.push(`roomkey_gateway_${name}{${labels}} ${value}`);
  };
  const all = services.flatMap((service) =>
    service.replicas.map((replica) => ({
      replica,
      labels: `service="${service.name}",replica="${replica.origin}"`,
    })),
  );

  family('requests_total', 'counter', 'Answers handed on, by replica and kind of status.');
  for (const { replica, labels } of all) {
    for (const [kind, count] of replica.answers.entries()) {
      if (kind > 1) sample('requests_total', `${labels},status="${kind}xx"`, count);
    }
  }
  family('replica_failures_total', 'counter', 'Connections refused or broken, and answers too late.');
  for (const { replica, labels } of all) sample('replica_failures_total', labels, replica.failures);
  family('replica_ready', 'gauge', '1 while the replica passes its readiness check.');
  for (const { replica, labels } of all) sample('replica_ready', labels, Number(replica.ready));
  family('replica_in_flight', 'gauge', 'Requests in flight.');
  for (const { replica, labels } of all) sample('replica_in_flight', labels, replica.inFlight);
  family('retries_total', 'counter', 'Requests sent once more.');
  for (const { name, retries } of services) sample('retries_total', `service="${name}"`, retries);
  family('problems_total', 'counter', "The gateway's own refusals, by problem.");
  for (const [slug, count] of problems.counts) sample('problems_total', `problem="${slug}"`, count);
  return `${lines.join('\n')}\n`;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}
