/** `pnpm admin`: administration from the command line, on the database itself, with the settings of the service. */
import { userInfo } from 'node:os';
import { argv, env, exit, stderr, stdout } from 'node:process';
import { openDatabase } from '@roomkey/database';
import { SettingsError } from '@roomkey/service';
import { CommandError, runCommand, usage, type Output } from './admin-commands.ts';
import { readSettings, rotationPolicy } from './config.ts';
import { createAdministration } from './domain/administration.ts';
import { createAccountEraser } from './domain/erasures.ts';
import { createKeySealing } from './domain/key-sealing.ts';
import { createSigningKeys, overviewOf, type SigningKeyStore } from './domain/signing-keys.ts';
import type { Schema } from './store/schema.ts';
import { createStores } from './store/stores.ts';

// What only a listening service needs.
const NOT_NEEDED = { HOST: '127.0.0.1', PORT: '0', CORS_ORIGINS: '*' };

async function main(): Promise<void> {
  const words = argv.slice(2).filter((word) => !word.startsWith('--'));
  if (words.length === 0) return print(usage());
  const settings = readSettings({ ...NOT_NEEDED, ...env });
  const database = openDatabase<Schema>({
    url: settings.DATABASE_URL,
    applicationName: 'auth admin',
    maxConnections: 2,
    onError: () => undefined,
  });
  const stores = createStores(database.db);
  const policy = rotationPolicy(settings);
  const sealing = createKeySealing(Buffer.from(settings.KEY_ENCRYPTION_KEY, 'base64'));
  const keysOn = (store: SigningKeyStore) => createSigningKeys(store, sealing, policy);
  const now = new Date();
  const administration = createAdministration(
    (work) => stores.atomically((inside) => work({ ...inside, keys: keysOn(inside.signingKeys) })),
    settings.registry,
    settings.roles,
    createAccountEraser(settings.RESOURCE, settings.registry),
  );
  const desk = {
    administration,
    stores,
    keys: async () => overviewOf(await stores.signingKeys.all(), policy, now),
    act: { actor: `command-line:${userInfo().username}`, now },
  };
  try {
    print(await runCommand(desk, words));
  } finally {
    await database.close();
  }
}

function print(output: Output): void {
  if (typeof output === 'string') stdout.write(`${output}\n`);
  else if (argv.includes('--json')) for (const row of output) stdout.write(`${JSON.stringify(row)}\n`);
  else stdout.write(table(output));
}

function table(rows: readonly object[]): string {
  const [first] = rows;
  if (first === undefined) return 'none\n';
  const heads = Object.keys(first);
  const lines = [heads, ...rows.map((row) => Object.values(row).map(String))];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

try {
  await main();
} catch (error) {
  const isExpected = error instanceof CommandError || error instanceof SettingsError;
  stderr.write(`${isExpected ? error.message : String(error)}\n`);
  exit(1);
}
