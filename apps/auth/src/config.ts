import { loadSettings, originSettings, serviceSettings, SettingsError } from '@roomkey/service';
import { Type, type Static } from '@roomkey/schema';
import type { RotationPolicy } from './domain/key-schedule.ts';
import { readPolicy, type Policy } from './policy-settings.ts';

const seconds = (description: string, defaultSeconds: number, minimum = 1, maximum = 366 * 86_400) =>
  Type.Integer({ minimum, maximum, default: defaultSeconds, description: `${description}, in seconds` });
const count = (description: string, defaultCount: number, minimum = 1, maximum = 1_000_000) =>
  Type.Integer({ minimum, maximum, default: defaultCount, description });

const Plain = Type.Object({
  ...serviceSettings,
  ...originSettings,
  ISSUER: Type.String({
    pattern: '^https?://[^/?#]+$',
    description: 'identifier of this issuer: the public origin, as in its tokens',
  }),
  RESOURCE: Type.String({
    pattern: '^[a-z][a-z0-9+.-]*:.+$',
    description: 'identifier of this service: the audience of tokens for it',
  }),
  SERVER_TIMING: Type.Boolean({
    default: false,
    description: 'say in each answer how long verification took',
  }),
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'postgres://role:password@host:port/name',
  }),
  DATABASE_CONNECTIONS: count('connections to the database at most', 10, 2, 500),
  KEY_ENCRYPTION_KEY: Type.String({
    pattern: '^[A-Za-z0-9+/]{43}=$',
    description:
      '32 random bytes in base64 (openssl rand -base64 32): signing keys are stored encrypted under it',
  }),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'comma-separated addresses or networks of the proxies in front, whose X-Forwarded-For counts',
    }),
  ),
  ACCESS_TOKEN_SECONDS: seconds('life of an access token', 300, 5, 900),
  SESSION_SECONDS: seconds('life of a session at most', 30 * 86_400),
  SESSION_IDLE_SECONDS: seconds('life of a session that is not used', 7 * 86_400),
  REFRESH_REPEAT_SECONDS: seconds('how long a client that lost the answer may repeat a refresh', 10, 0, 60),
  JWKS_MAX_AGE_SECONDS: seconds('how long the published keys may be cached', 60, 1, 86_400),
  KEY_PENDING_SECONDS: seconds('how long a key is published before it signs', 300, 1, 7 * 86_400),
  KEY_ROTATION_SECONDS: seconds('from one signing key to the next', 30 * 86_400, 10),
  KEY_RELOAD_MS: count('milliseconds between two looks at the stored keys', 1_000, 10, 60_000),
  STATUS_LIST_SIZE: Type.Union(
    [2 ** 10, 2 ** 16, 2 ** 20, 2 ** 22].map((size) => Type.Literal(size)),
    { default: 2 ** 20, description: 'statuses in one list: 1024, 65536, 1048576 or 4194304' },
  ),
  EVENT_REDELIVERY_SECONDS: seconds(
    'how long an event is left to the replica of a service that took it',
    10,
    1,
    3_600,
  ),
  ARGON2_MEMORY_KIB: count('memory of one password hash, in KiB', 19_456, 8, 4_194_304),
  ARGON2_PASSES: count('passes of one password hash', 2, 1, 100),
  PASSWORD_CONCURRENCY: count('password hashes made at once', 2, 1, 64),
  PASSWORD_QUEUE: count('password hashes that may wait; more are answered 503', 64, 0),
  SIGN_INS_PER_ADDRESS_PER_MINUTE: count('sign-ins from one network', 60),
  FAILURES_PER_ACCOUNT_AND_ADDRESS_PER_HOUR: count('wrong passwords for one account from one network', 20),
  FAILURES_PER_ACCOUNT_PER_HOUR: count('wrong passwords for one account from networks it is new to', 100),
  REGISTRATIONS_PER_ADDRESS_PER_HOUR: count('accounts registered from one network', 120),
  TOKEN_REQUESTS_PER_ADDRESS_PER_MINUTE: count('requests to OAuth endpoints from one network', 6_000),
  TOKEN_REQUESTS_PER_CLIENT_PER_MINUTE: count('requests of one client with a key', 60_000),
});

export type Settings = Readonly<Static<typeof Plain>> & Policy;

/** The longest margin between a verifier's cache and the desk's clock. */
const PUBLICATION_MARGIN_SECONDS = 2;

/** @throws {SettingsError} naming all faults at once */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const plain = collect(faults, () => loadSettings(Plain, env));
  const policy = collect(faults, () => readPolicy(env, plain?.RESOURCE ?? 'urn:unknown'));
  if (plain && plain.KEY_PENDING_SECONDS < plain.JWKS_MAX_AGE_SECONDS + PUBLICATION_MARGIN_SECONDS) {
    faults.push(
      `KEY_PENDING_SECONDS must be at least JWKS_MAX_AGE_SECONDS + ${PUBLICATION_MARGIN_SECONDS}: a key signs when all know it`,
    );
  }
  if (faults.length > 0 || !plain || !policy) throw new SettingsError(faults);
  return Object.freeze({ ...plain, ...policy });
}

export function rotationPolicy(settings: Settings): RotationPolicy {
  return {
    pendingSeconds: settings.KEY_PENDING_SECONDS,
    retiringSeconds: settings.ACCESS_TOKEN_SECONDS + settings.JWKS_MAX_AGE_SECONDS,
    intervalSeconds: settings.KEY_ROTATION_SECONDS,
  };
}

function collect<Result>(faults: string[], read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
