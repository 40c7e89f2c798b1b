import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem, type as osType } from 'node:os';
import process from 'node:process';
import { promisify } from 'node:util';

/** Where and with what an experiment was made. */
export interface Surroundings {
  readonly machine: string;
  /** The commit of this repository, and whether something was changed since. */
  readonly commit: string;
  readonly versions: Readonly<Record<string, string>>;
}

const ROOT = new URL('../../../', import.meta.url);
/** What the figures depend on, as the workspace's catalog names it. */
const PACKAGES = ['fastify', '@fastify/session', '@fastify/cookie', 'redis', 'pg', 'undici', 'oidc-provider'];
const GIB = 2 ** 30;
/** Everything but the results, which are there as soon as the first experiment is done. */
const CODE = [':(top)', ':(top,exclude)apps/lab/results'];

export async function describeSurroundings(): Promise<Surroundings> {
  const [commit, catalog, redisServer] = await Promise.all([describeCommit(), readCatalog(), redisVersion()]);
  const { node, openssl } = process.versions;
  const [cpu] = cpus();
  return {
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / GIB)} GiB, ${osType()} ${release()}`,
    commit,
    versions: { node, openssl, 'redis-server': redisServer, ...catalog },
  };
}

async function describeCommit(): Promise<string> {
  try {
    const head = await git('rev-parse', '--short=12', 'HEAD');
    return (await git('status', '--porcelain', '--untracked-files=no', '--', ...CODE)) === ''
      ? head
      : `${head}, with changes`;
  } catch {
    return 'unknown';
  }
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd: ROOT });
  return stdout.trim();
}

async function readCatalog(): Promise<Record<string, string>> {
  const text = await readFile(new URL('pnpm-workspace.yaml', ROOT), 'utf8');
  return Object.fromEntries(
    PACKAGES.map((name) => [name, new RegExp(`^ {2}'?${name}'?: (\\S+)$`, 'm').exec(text)?.[1] ?? 'unknown']),
  );
}

async function redisVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('redis-server', ['--version']);
    return /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown';
  } catch {
    return 'not installed';
  }
}
