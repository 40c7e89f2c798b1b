/**
 * Makes the secrets of a first start, each random and in a folder of those who need it; what is there is kept. Root owns the
 * files, and the group that may read them is the one their reader runs as.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID, type webcrypto } from 'node:crypto';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { env } from 'node:process';

const FOLDER = '/secrets';
/** Groups `node` of the services' images and `postgres` of the database server's. */
const NODE = 1000;
const POSTGRES = 999;
const OWNER_AND_GROUP_READ = 0o440;

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
/** Whom a service calls on its users' behalf, and for what: all that it may exchange tokens for (security 103, 106). */
const CALLS = {
  profile: { image: ['image:read'] },
  data: { image: ['image:read'], profile: ['profile:read'] },
} as const;

/** The file's content; made first where there is none. */
async function keep(file: string, group: number, make: () => string): Promise<string> {
  try {
    return await readFile(`${FOLDER}/${file}`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return replace(file, group, make());
  }
}

/** Whole or not at all. */
async function replace(file: string, group: number, text: string): Promise<string> {
  const draft = `${FOLDER}/${file}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, text, { mode: OWNER_AND_GROUP_READ });
  await chown(draft, 0, group);
  await rename(draft, `${FOLDER}/${file}`);
  return text;
}

const password = (): string => randomBytes(32).toString('base64url');

function clientKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify({
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    alg: 'ES256',
    use: 'sig',
  });
}

/** A service as a client of auth, with a key of its own (security 108). */
function clientOf(id: keyof typeof CALLS, origin: string, privateKey: string): object {
  const key = JSON.parse(privateKey) as webcrypto.JsonWebKey & { kid: string };
  const { kty, crv, x, y } = createPublicKey({ key, format: 'jwk' }).export({ format: 'jwk' });
  return {
    id,
    kind: 'confidential',
    grants: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    own_resources: [`${origin}/${id}`],
    exchange: Object.entries(CALLS[id]).map(([callee, scopes]) => ({
      resource: `${origin}/${callee}`,
      scopes,
    })),
    signing_algorithm: 'ES256',
    jwks: { keys: [{ kty, crv, x, y, kid: key.kid, alg: 'ES256', use: 'sig' }] },
  };
}

const { ISSUER: origin } = env;
if (!origin) throw new Error('ISSUER is missing');

await keep('postgres/superuser', POSTGRES, password);
for (const service of SERVICES) {
  const own = await keep(`postgres/${service}`, POSTGRES, password);
  const url = `postgres://${service}:${own}@postgres:5432/${service}`;
  await keep(`${service}/database-url`, NODE, () => url);
}
await keep('auth-keys/key-encryption-key', NODE, () => randomBytes(32).toString('base64'));
const clients: object[] = [];
for (const id of ['profile', 'data'] as const) {
  clients.push(clientOf(id, origin, await keep(`${id}-keys/client-key`, NODE, clientKey)));
}
// No secret: who may call whom, by the names of this start.
await replace('auth-keys/clients.json', NODE, JSON.stringify(clients));
