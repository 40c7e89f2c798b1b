import { loadSettings, serviceSettings, SettingsError } from '@roomkey/service/plain';
import { Type, type Static } from '@roomkey/schema';

const milliseconds = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 3_600_000, default: fallback, description });

const schema = Type.Object({
  HOST: serviceSettings.HOST,
  PORT: serviceSettings.PORT,
  DRAIN_MS: serviceSettings.DRAIN_MS,
  UPSTREAMS: Type.String({
    minLength: 1,
    description:
      'replicas of each service, e.g. auth=http://127.0.0.1:4001;image=http://127.0.0.1:4002,http://127.0.0.1:4003',
  }),
  CORS_ORIGINS: Type.Optional(
    Type.String({ description: "origins that may read the gateway's own problems, comma-separated, or *" }),
  ),
  MAX_CONNECTIONS: Type.Integer({ minimum: 1, default: 8_192, description: 'open client connections' }),
  MAX_IN_FLIGHT: Type.Integer({ minimum: 1, default: 1_024, description: 'requests in flight, per service' }),
  MAX_HEADER_BYTES: Type.Integer({
    minimum: 1_024,
    default: 16_384,
    description: 'request line and headers',
  }),
  HEADERS_TIMEOUT_MS: milliseconds(10_000, 'for a client to send its headers'),
  REQUEST_TIMEOUT_MS: milliseconds(120_000, 'for a client to send a whole request'),
  IDLE_TIMEOUT_MS: milliseconds(60_000, 'for a client to take the next bytes, or to ask again'),
  CONNECT_TIMEOUT_MS: milliseconds(1_000, 'to connect to a replica'),
  ANSWER_TIMEOUT_MS: milliseconds(30_000, 'for a replica to begin its answer'),
  HEALTH_INTERVAL_MS: milliseconds(250, 'between two readiness checks of a replica'),
  HEALTH_TIMEOUT_MS: milliseconds(1_000, 'for a readiness check'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(10_000, 'for requests in flight to finish at shutdown'),
});

/** Replica origins by service name. */
type Upstreams = ReadonlyMap<string, readonly string[]>;

export type Settings = Omit<Readonly<Static<typeof schema>>, 'UPSTREAMS'> & { readonly UPSTREAMS: Upstreams };

const EXPECTED = 'write service=http://host:port,http://host:port and ; between services';
/** First segments the gateway answers itself. */
const RESERVED: ReadonlySet<string> = new Set(['gateway', 'healthz', 'readyz', 'metrics']);

/** @throws {SettingsError} naming every fault at once */
export function loadGatewaySettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  let settings: Readonly<Static<typeof schema>> | undefined;
  try {
    settings = loadSettings(schema, env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    faults.push(...error.faults);
  }
  const upstreams = parseUpstreams(settings?.UPSTREAMS ?? env['UPSTREAMS'] ?? '', faults);
  if (settings === undefined || faults.length > 0) throw new SettingsError(faults);
  return Object.freeze({ ...settings, UPSTREAMS: upstreams });
}

function parseUpstreams(text: string, faults: string[]): Upstreams {
  const upstreams = new Map<string, readonly string[]>();
  for (const entry of text.split(';').map((part) => part.trim())) {
    if (entry === '') continue;
    const [name = '', list] = entry.split('=', 2);
    if (list === undefined) faults.push(`UPSTREAMS: "${entry}" names no replicas; ${EXPECTED}`);
    else if (!/^[a-z][a-z0-9-]*$/.test(name))
      faults.push(`UPSTREAMS: "${name}" cannot be a path segment; ${EXPECTED}`);
    else if (RESERVED.has(name)) faults.push(`UPSTREAMS: "${name}" is a path of the gateway itself`);
    else if (upstreams.has(name)) faults.push(`UPSTREAMS: "${name}" is named twice; ${EXPECTED}`);
    else upstreams.set(name, parseReplicas(name, list, faults));
  }
  if (upstreams.size === 0 && text !== '' && faults.length === 0)
    faults.push(`UPSTREAMS names no service; ${EXPECTED}`);
  return upstreams;
}

function parseReplicas(name: string, list: string, faults: string[]): string[] {
  const origins = list.split(',').map((part) => part.trim());
  for (const origin of origins) {
    // An origin and nothing more: a path here would silently be dropped. A trailing slash is forgiven by nobody.
    if (URL.parse(origin)?.origin !== origin || !/^https?:/.test(origin))
      faults.push(`UPSTREAMS: "${origin}" of ${name} is not an origin such as http://127.0.0.1:4001`);
  }
  if (new Set(origins).size < origins.length) faults.push(`UPSTREAMS: a replica of ${name} is named twice`);
  return origins;
}
