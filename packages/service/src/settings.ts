import { readFileSync } from 'node:fs';
import { faultsOf, Type, type Static, type TObject } from '@roomkey/schema';

/** Settings every HTTP service has, under the same names. Spread into the service's own schema. */
export const serviceSettings = {
  HOST: Type.String({ minLength: 1, description: 'address to listen on' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, description: 'port to listen on; 0 takes a free one' }),
  REPLICA: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      description: 'name of this replica in answers, logs and metrics',
    }),
  ),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://[^?#]+$',
      description: 'collector that traces are sent to, by OTLP over HTTP, like http://127.0.0.1:4318',
    }),
  ),
  DRAIN_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 0,
    description: 'how long to answer "not ready" before closing',
  }),
};

/** The setting of services that browsers of other origins may call. */
export const originSettings = {
  CORS_ORIGINS: Type.String({
    minLength: 1,
    description: '"*" or a comma-separated list of exact origins, e.g. https://app.example.com',
  }),
};

/** Settings of a service that verifies access tokens by itself. */
export const roomSettings = {
  ISSUER: Type.String({
    pattern: '^https?://[^/?#]+(/[^?#]*)?$',
    description: 'identifier of the trusted issuer, exactly as in its tokens',
  }),
  RESOURCE: Type.String({
    pattern: '^[a-z][a-z0-9+.-]*:.+$',
    description: 'identifier of this service: the audience of tokens for it',
  }),
  JWKS_URL: Type.String({ pattern: '^https?://', description: "where the issuer's public keys are fetched" }),
  STATUS_LISTS_URL: Type.String({
    pattern: '^https?://',
    description: "where the issuer's status lists are named (aggregation); every token must name its status",
  }),
  EVENTS_URL: Type.String({
    pattern: '^https?://',
    description: 'where the issuer hints at changes (server-sent events)',
  }),
  VIEW_MAX_AGE_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 900,
    description:
      'oldest view of the issuer that still judges. The default is the longest token: an issuer that is down refuses none before its end. Less closes sooner on a verifier that is cut off, and refuses valid tokens in a longer outage',
  }),
  SERVER_TIMING: Type.Boolean({
    default: false,
    description: 'say in each answer how long verification took',
  }),
};

/** Settings of a service that calls others: who it is to the issuer, and where it gets tokens for them. */
export const clientSettings = {
  CLIENT_ID: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
    description: 'what this service is called where it asks for tokens',
  }),
  CLIENT_KEY: Type.String({
    minLength: 1,
    description: 'its private key, P-256, as JWK or PEM; a secret, so rather CLIENT_KEY_FILE',
  }),
  TOKEN_URL: Type.String({ pattern: '^https?://', description: "the issuer's token endpoint" }),
};

/** What those settings say, as `createTokenClient` of @roomkey/token-client takes it. */
export function tokenClientOptions(
  settings: Readonly<Static<TObject<typeof clientSettings>>> & { readonly ISSUER: string },
) {
  return {
    issuer: settings.ISSUER,
    tokenUrl: settings.TOKEN_URL,
    clientId: settings.CLIENT_ID,
    privateKey: settings.CLIENT_KEY,
  };
}

/** Settings of a room that hears from the desk which accounts are to be erased; it has those of a client as well. */
export const eventSettings = {
  SECURITY_EVENTS_URL: Type.String({
    pattern: '^https?://',
    description: 'where the issuer is polled for security events (RFC 8936)',
  }),
  AUTH_RESOURCE: Type.String({
    pattern: '^[a-z][a-z0-9+.-]*:.+$',
    description: "auth's resource identifier: the audience of this service's token for polling",
  }),
};

/** What those settings say, as `receiveEvents` of @roomkey/event-receiver takes it. */
export function eventReceiverOptions(
  settings: Readonly<Static<TObject<typeof eventSettings>>> & { readonly RESOURCE: string },
) {
  return {
    pollUrl: settings.SECURITY_EVENTS_URL,
    deskResource: settings.AUTH_RESOURCE,
    audience: settings.RESOURCE,
  };
}

/** What a room's settings say of its view of the issuer, as `openIssuerView` of @roomkey/resource-server takes it. */
export function issuerViewOptions(settings: Readonly<Static<TObject<typeof roomSettings>>>) {
  return {
    issuer: settings.ISSUER,
    jwksUrl: settings.JWKS_URL,
    statusListsUrl: settings.STATUS_LISTS_URL,
    eventsUrl: settings.EVENTS_URL,
    maxAgeSeconds: settings.VIEW_MAX_AGE_SECONDS,
  };
}

/** Every fault of the settings in one message: what is wrong and what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The settings are not complete or not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Reads settings from environment variables against a schema.
 *
 * Values are converted to the schema's types; unknown variables are ignored. `NAME_FILE` names a file that holds the
 * value of `NAME` (for secrets). Only what the schema gives a default for may be missing.
 *
 * @param schema a TypeBox object; its `description`s become part of the error messages
 * @param env usually `process.env`
 * @returns the frozen settings
 * @throws {SettingsError} naming all faults at once
 */
export function loadSettings<Schema extends TObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Static<Schema>> {
  const faults = new Map<string, string>();
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.properties)) {
    try {
      const value = readOne(name, env);
      if (value === '') faults.set(name, `${name} is empty; give it a value or leave it out`);
      else if (value !== undefined) given[name] = value;
    } catch (error) {
      faults.set(name, (error as Error).message);
    }
  }
  const settings: Record<string, unknown> = { ...given };
  for (const { path, message } of faultsOf(schema, settings, { isText: true })) {
    const name = path.slice(1);
    if (!faults.has(name)) faults.set(name, `${name} ${message}${meaningOf(schema.properties[name])}`);
  }
  if (faults.size > 0) throw new SettingsError([...faults.values()]);
  return Object.freeze(settings as Static<Schema>);
}

function readOne(name: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const value = env[name];
  const file = env[`${name}_FILE`];
  if (file === undefined) return value;
  if (value !== undefined) throw new Error(`${name} and ${name}_FILE are both set; set one of them`);
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new Error(`${name}_FILE cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function meaningOf(property: object | undefined): string {
  return property !== undefined && 'description' in property ? ` (${String(property.description)})` : '';
}
