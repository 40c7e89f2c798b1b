#!/usr/bin/env node
/** One-shot job: `DATABASE_URL=… node packages/database/src/migrate-command.ts apps/data/migrations`. */
import { readFileSync } from 'node:fs';
import { argv, env, exit, stderr, stdout } from 'node:process';
import { migrate } from './migrate.ts';

const [folder] = argv.slice(2);
const url = env.DATABASE_URL ?? (env.DATABASE_URL_FILE && readFileSync(env.DATABASE_URL_FILE, 'utf8').trim());
if (!folder || !url) {
  stderr.write('usage: DATABASE_URL=… (or DATABASE_URL_FILE=…) migrate-command.ts FOLDER\n');
  exit(2);
}
try {
  const names = await migrate({ url, folder });
  stdout.write(
    names.length === 0 ? 'nothing to migrate\n' : names.map((name) => `migrated ${name}\n`).join(''),
  );
} catch (error) {
  stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  exit(1);
}
