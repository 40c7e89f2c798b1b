import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { choosePort, hold, temporaryFolder, untilListening } from '@roomkey/experiment';

/** A proxy as its package installs it, in front of one server. */
export interface ProxyKind {
  readonly program: string;
  readonly versionFlag: string;
  /** How it is had where it is missing. */
  readonly install: string;
  readonly configuration: (port: number, upstream: number, folder: string) => string;
  readonly args: (file: string) => readonly string[];
}

/** Nothing in them speaks of header sizes: the limits are those of the defaults. */
export const PROXIES: readonly ProxyKind[] = [
  {
    program: 'nginx',
    versionFlag: '-v',
    install: 'apt-get install nginx-light',
    configuration: (port, upstream, folder) => `
daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${upstream}; } }
}`,
    args: (file) => ['-c', file],
  },
  {
    program: 'haproxy',
    versionFlag: '-v',
    install: 'apt-get install haproxy',
    configuration: (port, upstream) => `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen all
  bind 127.0.0.1:${port}
  server one 127.0.0.1:${upstream}
`,
    args: (file) => ['-f', file],
  },
];

export interface RunningProxy extends AsyncDisposable {
  readonly port: number;
}

export async function startProxy(kind: ProxyKind, upstream: number): Promise<RunningProxy> {
  await using leftovers = new AsyncDisposableStack();
  const { path: folder } = leftovers.use(temporaryFolder('proxy'));
  const port = await choosePort();
  const file = join(folder, 'configuration');
  await writeFile(file, kind.configuration(port, upstream, folder));
  leftovers.use(await hold(() => run(kind, file, port)));
  const all = leftovers.move();
  return { port, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function run(kind: ProxyKind, file: string, port: number): Promise<AsyncDisposable> {
  const child = spawn(kind.program, kind.args(file), { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  };
  try {
    await untilListening(port, kind.program, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { [Symbol.asyncDispose]: stop };
}
