/**
 * Makes the secrets of a first start, each random and in a folder of those who need it; what is there is kept. Root owns the
 * files, and the group that may read them is the one their reader runs as.
 *
 * They say of themselves that they are a demo's. With SECRETS=given none is made, and a missing one or a demo's is a refusal.
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
  image: {},
  profile: { image: ['image:read'] },
  data: { auth: ['account:read'], image: ['image:read'], profile: ['profile:read'] },
} as const;

const { ISSUER: issuer, SECRETS: mode = 'demo' } = env;
if (!issuer) throw new Error('ISSUER is missing');
if (mode !== 'demo' && mode !== 'given') throw new Error('SECRETS must be "demo" or "given"');
const areGiven = mode === 'given';

const DEMO = 'demo-';
const faults: string[] = [];

/** The file's content; made first where there is none. */
async function keep(file: string, group: number, make: () => string): Promise<string> {
  try {
    const kept = await readFile(`${FOLDER}/${file}`, 'utf8');
    if (areGiven && isOfDemo(kept)) faults.push(`${file} was made for a demo`);
    return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (areGiven) faults.push(`${file} is missing`);
    return areGiven ? make() : replace(file, group, make());
  }
}

const isOfDemo = (secret: string): boolean =>
  secret.includes(DEMO) || Buffer.from(secret, 'base64').toString('latin1').startsWith(DEMO);

/** Whole or not at all. */
async function replace(file: string, group: number, text: string): Promise<string> {
  const draft = `${FOLDER}/${file}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, text, { mode: OWNER_AND_GROUP_READ });
  await chown(draft, 0, group);
  await rename(draft, `${FOLDER}/${file}`);
  return text;
}

const password = (): string => DEMO + randomBytes(32).toString('base64url');

/** 32 bytes, 216 bits of them random. */
const encryptionKey = (): string => Buffer.concat([Buffer.from(DEMO), randomBytes(27)]).toString('base64');

function clientKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = { kid: DEMO + randomUUID(), alg: 'ES256', use: 'sig' };
  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...name });
}

/** A service as a client of auth, with a key of its own (security 108), and in its own name it may hear of events. */
function clientOf(id: keyof typeof CALLS, origin: string, privateKey: string): object {
  const key = JSON.parse(privateKey) as webcrypto.JsonWebKey & { kid: string };
  const { kty, crv, x, y } = createPublicKey({ key, format: 'jwk' }).export({ format: 'jwk' });
  const exchange = Object.entries(CALLS[id]).map(([callee, scopes]) => ({
    resource: `${origin}/${callee}`,
    scopes,
  }));
  return {
    id,
    kind: 'confidential',
    grants: [
      'client_credentials',
      ...(exchange.length > 0 ? ['urn:ietf:params:oauth:grant-type:token-exchange'] : []),
    ],
    scopes: ['events'],
    resources: [`${origin}/auth`],
    own_resources: [`${origin}/${id}`],
    exchange,
    signing_algorithm: 'ES256',
    jwks: { keys: [{ kty, crv, x, y, kid: key.kid, alg: 'ES256', use: 'sig' }] },
  };
}

await keep('postgres/superuser', POSTGRES, password);
for (const service of SERVICES) {
  const own = await keep(`postgres/${service}`, POSTGRES, password);
  await keep(`${service}/database-url`, NODE, () => `postgres://${service}:${own}@postgres:5432/${service}`);
}
await keep('auth-keys/key-encryption-key', NODE, encryptionKey);
const clients: object[] = [];
for (const id of ['image', 'profile', 'data'] as const) {
  clients.push(clientOf(id, issuer, await keep(`${id}-keys/client-key`, NODE, clientKey)));
}
if (faults.length > 0) throw new Error(`These secrets will not do:\n${faults.join('\n')}`);
// No secret: who may call whom, by the names of this start.
await replace('auth-keys/clients.json', NODE, JSON.stringify(clients));
