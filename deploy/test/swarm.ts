import { setTimeout as delay } from 'node:timers/promises';
import { docker, run } from './run.ts';
import { ROOT } from './stack.ts';

/** A name of its own: a stack that somebody runs beside the test is left alone. */
const NAME = 'roomkey-swarm';
const PATIENCE_MS = 60_000;

export interface SwarmOptions {
  readonly port: number;
  readonly httpsPort: number;
  /** Where secrets are kept. */
  readonly folder: string;
}

/** The system as `deploy/swarm` describes it, on this node. */
export interface Swarm {
  readonly name: string;
  readonly origin: string;
  readonly folder: string;
  /** Makes the engine a swarm of one node where it is in none, and takes away what an earlier run has left. */
  open(): Promise<void>;
  demo(): Promise<string>;
  /** @param settings beside those of this stack */
  deploy(settings?: Readonly<Record<string, string>>): Promise<string>;
  /** Ids of the running containers of a service. */
  containers(service: string): Promise<readonly string[]>;
  /** What there is of it in this engine. */
  remains(): Promise<readonly string[]>;
  /** Takes all of it away. */
  close(): Promise<void>;
}

export function createSwarm({ port, httpsPort, folder }: SwarmOptions): Swarm {
  const origin = `http://127.0.0.1:${port}`;
  const env = {
    ROOMKEY_STACK: NAME,
    ROOMKEY_ORIGIN: origin,
    ROOMKEY_PORT: String(port),
    ROOMKEY_HTTPS_PORT: String(httpsPort),
    ROOMKEY_RESOLVE_IMAGE: 'never',
  };
  const script = (name: string, args: readonly string[] = [], settings = {}): Promise<string> =>
    run('bash', [`deploy/swarm/${name}`, ...args], { cwd: ROOT, env: { ...env, ...settings } });
  let hasInitiated = false;

  async function remains(): Promise<readonly string[]> {
    const things = ['container', 'network', 'volume'];
    // Which there are of these a swarm alone can tell, and they end with it.
    if (await isInSwarm()) things.push('service', 'config', 'secret');
    const format = (thing: string) => (thing === 'container' ? '{{.Names}}' : '{{.Name}}');
    const lists = await Promise.all(
      things.map(async (thing) => {
        const all = thing === 'container' ? ['--all'] : [];
        const names = await docker(
          thing,
          'ls',
          ...all,
          '--filter',
          `name=${NAME}`,
          '--format',
          format(thing),
        );
        return lines(names).map((name) => `${thing} ${name}`);
      }),
    );
    return lists.flat();
  }

  async function empty(): Promise<void> {
    if (await isInSwarm()) await docker('stack', 'rm', NAME, `${NAME}-postgres`);
    const deadline = Date.now() + PATIENCE_MS;
    // Networks go when the last container has left them, containers when they have finished.
    for (let left = await remains(); left.length > 0; left = await remains()) {
      if (Date.now() > deadline) throw new Error(`these are left: ${left.join(', ')}`);
      await Promise.all(
        left
          .map((one) => one.split(' '))
          .filter(([thing]) => thing === 'secret' || thing === 'volume')
          .map(([thing = '', name = '']) => docker(thing, 'rm', name).catch(() => '')),
      );
      await delay(200);
    }
  }

  return {
    name: NAME,
    origin,
    folder,
    async open() {
      if (!(await isInSwarm())) {
        await docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
        hasInitiated = true;
      }
      await empty();
    },
    demo: () => script('demo.sh', [folder]),
    deploy: (settings) => script('deploy.sh', [], settings),
    containers: async (service) =>
      lines(
        await docker('ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=${NAME}_${service}`),
      ),
    remains,
    async close() {
      await empty();
      if (hasInitiated) await docker('swarm', 'leave', '--force');
      hasInitiated = false;
    },
  };
}

const isInSwarm = async (): Promise<boolean> =>
  (await docker('info', '--format', '{{.Swarm.LocalNodeState}}')) === 'active';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
