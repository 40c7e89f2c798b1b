import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientIdentity } from './client-identity.ts';
import { HOST } from './ports.ts';

/** Services that verify the cards of others. */
export const ROOMS = ['image', 'profile', 'data'] as const;
/** The services behind the gateway, in the order in which they are shown. */
export const SERVICES = ['auth', ...ROOMS] as const;

export type ServiceName = (typeof SERVICES)[number];
export type RoomName = (typeof ROOMS)[number];

/** Whom a room calls on its users' behalf, and for what: all that it may exchange tokens for (security 103, 106). */
const CALLS: Readonly<Record<RoomName, Readonly<Partial<Record<ServiceName, readonly string[]>>>>> = {
  image: {},
  profile: { image: ['image:read'] },
  data: { auth: ['account:read'], image: ['image:read'], profile: ['profile:read'] },
};

/** What all replicas of a running system share. */
export interface Surroundings {
  /** Where the gateway answers: the issuer, and the beginning of every resource identifier. */
  readonly origin: string;
  readonly imageFolder: string;
  /** Files that hold secrets, by the setting they are for. */
  readonly secretFiles: Readonly<Record<`${string}_FILE`, string>>;
  readonly clients: Clients;
  readonly settings: OwnSettings;
}

/** What each room proves itself with at the desk. */
export type Clients = Readonly<Record<RoomName, ClientIdentity>>;

/** Settings of a service in place of the usual ones. */
export type OwnSettings = (
  service: ServiceName,
  origin: string,
  usual: Readonly<Record<string, string>>,
) => Readonly<Record<string, string>>;

interface ReplicaPlace {
  readonly name: string;
  readonly port: number;
  readonly databaseUrl: string;
}

const CLIENT_CREDENTIALS = 'client_credentials';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const apps = fileURLToPath(new URL('../../../apps/', import.meta.url));

export const appFolder = (name: string): string => join(apps, name);

/** The whole environment of a service's replica. */
export function serviceEnvironment(
  service: ServiceName,
  { name, port, databaseUrl }: ReplicaPlace,
  surroundings: Surroundings,
): Record<string, string> {
  const { origin } = surroundings;
  const usual = {
    HOST,
    PORT: String(port),
    REPLICA: name,
    LOG_LEVEL: 'info',
    CORS_ORIGINS: '*',
    DATABASE_URL: databaseUrl,
    ISSUER: origin,
    RESOURCE: `${origin}/${service}`,
    SERVER_TIMING: 'true',
    ...(service === 'auth'
      ? deskSettings(surroundings)
      : { ...issuerSettings(origin), ...callSettings(service, surroundings) }),
    ...(service === 'image' && { OBJECTS_DIR: surroundings.imageFolder }),
  };
  return { ...usual, ...surroundings.settings(service, origin, usual) };
}

function deskSettings({ origin, secretFiles, clients }: Surroundings): Record<string, string> {
  const resources = ROOMS.map((name) => [
    name,
    { identifier: `${origin}/${name}`, scopes: [`${name}:read`, `${name}:write`] },
  ]);
  return {
    ...secretFiles,
    RESOURCES: JSON.stringify(Object.fromEntries(resources)),
    CLIENTS: JSON.stringify(ROOMS.map((name) => clientOf(name, origin, clients[name]))),
    TRUSTED_PROXIES: HOST,
  };
}

/** A room as a client of the desk: each with a key of its own (security 108), and in its own name it may hear of events. */
function clientOf(name: RoomName, origin: string, { publicKey }: ClientIdentity) {
  const exchange = Object.entries(CALLS[name]).map(([callee, scopes]) => ({
    resource: `${origin}/${callee}`,
    scopes,
  }));
  return {
    id: name,
    kind: 'confidential',
    grants: [CLIENT_CREDENTIALS, ...(exchange.length > 0 ? [TOKEN_EXCHANGE] : [])],
    scopes: ['events'],
    resources: [`${origin}/auth`],
    own_resources: [`${origin}/${name}`],
    exchange,
    signing_algorithm: 'ES256',
    jwks: { keys: [publicKey] },
  };
}

/** How a room calls others, and the desk: through the balancer, with tokens that it gets by a key of its own. */
function callSettings(name: RoomName, { origin, clients }: Surroundings): Record<string, string> {
  const callees = Object.keys(CALLS[name]);
  return {
    CLIENT_ID: name,
    CLIENT_KEY_FILE: clients[name].keyFile,
    TOKEN_URL: `${origin}/auth/token`,
    SECURITY_EVENTS_URL: `${origin}/auth/events/poll`,
    AUTH_RESOURCE: `${origin}/auth`,
    ...Object.fromEntries(
      callees.flatMap((callee) => [
        [`${callee.toUpperCase()}_URL`, `${origin}/${callee}`],
        [`${callee.toUpperCase()}_RESOURCE`, `${origin}/${callee}`],
      ]),
    ),
  };
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
