import { createHmac } from 'node:crypto';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export interface DatabaseOptions {
  readonly name: string;
  /** The one role that may use the database. Default: `name`. */
  readonly role?: string;
  /** A database nobody is connected to, to be copied; its objects keep their owner. */
  readonly template?: string;
}

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const ROLE_LOCK = 7_425_361;
/** In PostgreSQL's space of pairs, where it meets no other. */
const DATABASE_LOCK = 1;
const CONNECT_WITHIN_MS = 10_000;

/**
 * Makes a database and its role on the server behind `superuserUrl`, each unless it exists, and returns the role's URL.
 * The role's password is derived from the superuser's, so that it is the same at every call and stored nowhere.
 */
export async function createDatabase(superuserUrl: string, options: DatabaseOptions): Promise<string> {
  const { name, role = name, template } = options;
  for (const given of [name, role, template ?? name]) {
    if (!NAME.test(given)) throw new Error(`not a usable database or role name: ${JSON.stringify(given)}`);
  }
  const database = escapeIdentifier(name);
  const owner = escapeIdentifier(role);
  const url = new URL(superuserUrl);
  const password = createHmac('sha256', url.password).update(`role ${role}`).digest('base64url');

  await asSuperuser(superuserUrl, async (client) => {
    // Concurrent callers for one role would collide in the catalogue ("tuple concurrently updated").
    await client.query('select pg_advisory_lock($1)', [ROLE_LOCK]);
    if (!(await isThere(client, 'select from pg_roles where rolname = $1', role))) {
      await client.query(`create role ${owner}`);
    }
    await client.query(
      `alter role ${owner} login nosuperuser nocreatedb nocreaterole password ${escapeLiteral(password)}`,
    );
    await client.query('select pg_advisory_unlock($1)', [ROLE_LOCK]);

    // The same for one database; held until the connection ends.
    await client.query('select pg_advisory_lock($1, hashtext($2))', [DATABASE_LOCK, name]);
    if (!(await isThere(client, 'select from pg_database where datname = $1', name))) {
      await client.query(`create database ${database} ${copyOf(template)} owner ${owner}`);
    }
    await client.query(`alter database ${database} owner to ${owner}`);
    await client.query(`revoke all on database ${database} from public`);
  });
  url.username = role;
  url.password = password;
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops a database and ends the sessions in it; a missing one is no fault. Its role stays. */
export async function dropDatabase(superuserUrl: string, name: string): Promise<void> {
  await asSuperuser(superuserUrl, (client) =>
    client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`),
  );
}

/** Without this, every role could connect to the databases that come with a server. */
export async function closeSystemDatabases(superuserUrl: string): Promise<void> {
  await asSuperuser(superuserUrl, (client) =>
    client.query('revoke all on database postgres, template1 from public'),
  );
}

const copyOf = (template: string | undefined): string =>
  template === undefined ? '' : `template ${escapeIdentifier(template)}`;

async function isThere(client: Client, query: string, name: string): Promise<boolean> {
  return (await client.query(query, [name])).rowCount === 1;
}

async function asSuperuser(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_WITHIN_MS });
  // Without a listener a lost connection would end the process; the query in flight reports it.
  client.on('error', () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
