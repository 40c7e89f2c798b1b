import { randomBytes } from 'node:crypto';
import { migrate } from '@roomkey/database';
import { startPostgres } from '@roomkey/embedded-postgres';
import { REPLICA_ENVIRONMENT } from '@roomkey/embedded-system';
import { hold, startMeasuredProcess, temporaryFolder, type MeasuredProcess } from '@roomkey/experiment';
import { cpuMicrosecondsOfChildren } from './children-cpu.ts';

/** A desk by itself: PostgreSQL that writes through to the disk, and auth as a process with the settings of every day. */
export interface DeskUnderTest extends AsyncDisposable {
  readonly process: MeasuredProcess;
  readonly databaseUrl: string;
  /** Processor time of PostgreSQL's processes so far, in microseconds, also of those that have ended. */
  databaseCpuMicroseconds(): Promise<number>;
}

export const ISSUER = 'http://desk.test';
export const RESOURCE = `${ISSUER}/data`;
export const SCOPES = ['data:read', 'data:write'];

const MIGRATIONS = new URL('../../auth/migrations', import.meta.url);
const SERVER = new URL('../../auth/src/server.ts', import.meta.url);
/** One machine asks as often as it can: what is measured is the desk, not its limits. */
const NO_LIMITS = {
  SIGN_INS_PER_ADDRESS_PER_MINUTE: '1000000',
  TOKEN_REQUESTS_PER_ADDRESS_PER_MINUTE: '1000000',
  TOKEN_REQUESTS_PER_CLIENT_PER_MINUTE: '1000000',
};

/** @param settings of auth, besides those it cannot do without */
export async function openDesk(settings: Readonly<Record<string, string>> = {}): Promise<DeskUnderTest> {
  await using leftovers = new AsyncDisposableStack();
  const { path: dataDir } = leftovers.use(temporaryFolder('bench'));
  const { it: postgres } = leftovers.use(await hold((signal) => startPostgres({ dataDir, signal })));
  const databaseUrl = await postgres.createDatabase('auth');
  await migrate({ url: databaseUrl, folder: MIGRATIONS });
  const process = leftovers.use(
    await startMeasuredProcess(SERVER, [], {
      ...REPLICA_ENVIRONMENT,
      HOST: '127.0.0.1',
      PORT: '0',
      CORS_ORIGINS: '*',
      ISSUER,
      RESOURCE: `${ISSUER}/auth`,
      DATABASE_URL: databaseUrl,
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      RESOURCES: JSON.stringify({ data: { identifier: RESOURCE, scopes: SCOPES } }),
      ...NO_LIMITS,
      ...settings,
    }),
  );
  const all = leftovers.move();
  return {
    process,
    databaseUrl,
    databaseCpuMicroseconds: () => cpuMicrosecondsOfChildren(postgres.pid),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
