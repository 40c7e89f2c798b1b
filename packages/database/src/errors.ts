/**
 * SQLSTATEs (PostgreSQL manual, appendix A) and classes of them that say "not now" rather than "not like this". What a
 * caller did wrong, a bad password included, is not among them.
 */
const UNAVAILABLE_CLASSES = new Set([
  '08', // connection exception
  '53', // insufficient resources: too many connections, disk full, out of memory
  '58', // system error, outside of PostgreSQL
]);
const UNAVAILABLE_STATES = new Set([
  '25006', // read-only transaction: a standby answers while another takes over
  '25P03', // idle in transaction for too long
  '25P04', // transaction timeout
  '40P01', // deadlock: the others went on, this one may come again
  '55P03', // lock not available within lock_timeout
  '57014', // query cancelled: statement_timeout
  '57P01', // admin shutdown
  '57P02', // crash shutdown
  '57P03', // starting up or shutting down
  '57P05', // idle session timeout
]);

const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** pg and pg-pool report these as bare Errors, without a code. */
const DRIVER_MESSAGES = new Set([
  'Cannot use a pool after calling end on the pool',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Connection terminated',
  'Connection terminated due to connection timeout',
  'Connection terminated unexpectedly',
  'Query read timeout',
  'driver has already been destroyed',
  'timeout exceeded when trying to connect',
  'timeout expired',
]);

/** The driver gave up on an answer; the connection is still waiting for it. */
export const isReadTimeout = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout';

/**
 * Whether a statement failed because the database is away, overloaded, too slow or failing over, so that a service
 * answers 503 and a client may try again. A statement that failed this way may still have taken effect.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error && DRIVER_MESSAGES.has(error.message);
  return NETWORK_CODES.has(code) || UNAVAILABLE_STATES.has(code) || isOfUnavailableClass(code);
}

/** Whether a row with this key exists already; with `constraint`, whether it is that constraint that says so. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false;
  return constraint === undefined || (error as { constraint?: unknown }).constraint === constraint;
}

const isOfUnavailableClass = (code: string): boolean =>
  code.length === 5 && UNAVAILABLE_CLASSES.has(code.slice(0, 2));

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
