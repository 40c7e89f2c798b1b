import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOST } from './ports.ts';

/** Services that verify the cards of others. */
const ROOMS = ['image', 'profile', 'data'] as const;
/** The services behind the gateway, in the order in which they are shown. */
export const SERVICES = ['auth', ...ROOMS] as const;

export type ServiceName = (typeof SERVICES)[number];

/** What all replicas of a running system share. */
export interface Surroundings {
  /** Where the gateway answers: the issuer, and the beginning of every resource identifier. */
  readonly origin: string;
  readonly imageFolder: string;
  /** Files that hold secrets, by the setting they are for. */
  readonly secretFiles: Readonly<Record<`${string}_FILE`, string>>;
  readonly settings: OwnSettings;
}

/** Settings of a service in place of the usual ones. */
export type OwnSettings = (service: ServiceName, origin: string) => Readonly<Record<string, string>>;

interface ReplicaPlace {
  readonly name: string;
  readonly port: number;
  readonly databaseUrl: string;
}

const apps = fileURLToPath(new URL('../../../apps/', import.meta.url));

export const appFolder = (name: string): string => join(apps, name);

/** The whole environment of a service's replica. */
export function serviceEnvironment(
  service: ServiceName,
  { name, port, databaseUrl }: ReplicaPlace,
  surroundings: Surroundings,
): Record<string, string> {
  const { origin } = surroundings;
  return {
    HOST,
    PORT: String(port),
    REPLICA: name,
    LOG_LEVEL: 'info',
    CORS_ORIGINS: '*',
    DATABASE_URL: databaseUrl,
    ISSUER: origin,
    RESOURCE: `${origin}/${service}`,
    SERVER_TIMING: 'true',
    ...(service === 'auth' ? deskSettings(surroundings) : issuerSettings(origin)),
    ...(service === 'image' && { OBJECTS_DIR: surroundings.imageFolder }),
    ...surroundings.settings(service, origin),
  };
}

function deskSettings({ origin, secretFiles }: Surroundings): Record<string, string> {
  const resources = ROOMS.map((name) => [
    name,
    { identifier: `${origin}/${name}`, scopes: [`${name}:read`, `${name}:write`] },
  ]);
  return { ...secretFiles, RESOURCES: JSON.stringify(Object.fromEntries(resources)), TRUSTED_PROXIES: HOST };
}

/** The whole environment of the gateway. */
export function gatewayEnvironment(
  port: number,
  upstreams: ReadonlyMap<string, readonly string[]>,
): Record<string, string> {
  const list = [...upstreams].map(([service, origins]) => `${service}=${origins.join(',')}`);
  return {
    HOST,
    PORT: String(port),
    UPSTREAMS: list.join(';'),
    CORS_ORIGINS: '*',
    // Streams that would go on for ever end in time for an orderly end of the whole.
    SHUTDOWN_TIMEOUT_MS: '1500',
  };
}

/** Where a room sees the issuer: through the balancer, at whichever replica of the desk is there. */
function issuerSettings(origin: string): Record<string, string> {
  return {
    JWKS_URL: `${origin}/.well-known/jwks.json`,
    STATUS_LISTS_URL: `${origin}/auth/status-lists`,
    EVENTS_URL: `${origin}/auth/status-lists/events`,
  };
}
