import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { docker, run } from './run.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A project of its own: a stack that somebody runs beside the test is left alone. */
const PROJECT = 'roomkey-test';

/** The system as `docker-compose.yml` describes it, on free ports. */
export interface Stack {
  readonly origin: string;
  readonly httpsOrigin: string;
  readonly prometheusOrigin: string;
  compose(...args: string[]): Promise<string>;
  /** The same with what production has in place of a demo's. */
  production(settings: Readonly<Record<string, string>>, ...args: string[]): Promise<string>;
  /** Replaces every replica of the services. */
  roll(...services: string[]): Promise<string>;
  /** Ids of the running containers of a service. */
  containers(service: string): Promise<readonly string[]>;
  /** What a script prints that Node runs in one container of a service, in a folder where the packages' own imports work. */
  inside(service: string, script: string): Promise<string>;
  /** Containers, networks and volumes that there are of it. */
  remains(): Promise<readonly string[]>;
}

export async function createStack(): Promise<Stack> {
  const [port, httpsPort, statisticsPort, prometheusPort] = await freePorts(4);
  const origin = `http://127.0.0.1:${port}`;
  const env = {
    COMPOSE_PROJECT_NAME: PROJECT,
    ROOMKEY_PORT: String(port),
    ROOMKEY_HTTPS_PORT: String(httpsPort),
    ROOMKEY_PROMETHEUS_PORT: String(prometheusPort),
    ROOMKEY_STATISTICS_PORT: String(statisticsPort),
  };
  const compose = (...args: string[]): Promise<string> =>
    run('docker', ['compose', ...args], { cwd: ROOT, env });

  async function containers(service: string): Promise<readonly string[]> {
    return lines(await compose('ps', '--quiet', service));
  }

  async function remains(): Promise<readonly string[]> {
    const label = `label=com.docker.compose.project=${PROJECT}`;
    const lists = [
      docker('ps', '--all', '--filter', label, '--format', 'container {{.Names}}'),
      docker('network', 'ls', '--filter', label, '--format', 'network {{.Name}}'),
      docker('volume', 'ls', '--filter', label, '--format', 'volume {{.Name}}'),
    ];
    return (await Promise.all(lists)).flatMap(lines);
  }

  return {
    origin,
    httpsOrigin: `https://127.0.0.1:${httpsPort}`,
    prometheusOrigin: `http://127.0.0.1:${prometheusPort}`,
    compose,
    production: (settings, ...args) =>
      run('docker', ['compose', ...files('docker-compose.yml', 'deploy/production.yml'), ...args], {
        cwd: ROOT,
        env: { ...env, ...settings },
      }),
    roll: (...services) => run('bash', ['deploy/roll.sh', ...services], { cwd: ROOT, env }),
    containers,
    inside: (service, script) =>
      compose('exec', '--no-TTY', '--workdir', '/app/packages/database', service, 'node', '--eval', script),
    remains,
  };
}

const files = (...names: string[]): string[] => names.flatMap((name) => ['--file', name]);

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return ports;
}
