import { expect, test } from 'vitest';
import { docker } from './run.ts';
import type { Stack } from './stack.ts';

const SERVICES = ['auth', 'image', 'profile', 'data'] as const;
const ROOMS = ['image', 'profile', 'data'] as const;
/** What a service alone holds, beside the URL of its database. */
const KEYS = {
  auth: ['clients.json', 'key-encryption-key'],
  image: ['client-key'],
  profile: ['client-key'],
  data: ['client-key'],
} as const;
/** Whom a service calls. */
const CALLS = { image: [], profile: ['image'], data: ['image', 'profile'] } as const;
const JWKS = '/.well-known/jwks.json';
const FETCH_STATUS = `const status = (url, init) =>
  fetch(url, { ...init, signal: AbortSignal.timeout(5000) }).then(({ status }) => status, ({ cause, name }) => cause?.code ?? name);`;

/** Registers the tests of what a container may do, holds and reaches, each looked at from inside. */
export function testConfinement(stack: Stack): void {
  test.for([...SERVICES, 'gateway', 'postgres'] as const)(
    '%s runs without rights: no root, no capability, nothing writable but what it keeps',
    async (service) => {
      const shell = (script: string) => stack.compose('exec', '--no-TTY', service, 'bash', '-c', script);
      const status = await shell('cat /proc/1/status');
      expect(status).not.toMatch(/^Uid:\s+0\s/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(await shell('touch /here /etc/here /home/here 2>&1 || true')).toMatch(
        /(.*Read-only file system\n?){3}/,
      );
      const [container = ''] = await stack.containers(service);
      const limits = await docker(
        'inspect',
        '--format',
        '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}',
        container,
      );
      expect(limits).not.toMatch(/\b0\b|<no value>/);
    },
  );

  test.for(SERVICES)('%s holds its own secrets alone, and cannot change them', async (service) => {
    const found = await stack.inside(
      service,
      `const { accessSync, constants, existsSync, readdirSync } = require('node:fs');
       const files = ['/run/secrets', '/run/keys'].filter(existsSync).flatMap((folder) => readdirSync(folder).map((name) => folder + '/' + name));
       const isWritable = (file) => { try { accessSync(file, constants.W_OK); return true; } catch { return false; } };
       console.log(JSON.stringify({ files, writable: files.filter(isWritable) }));`,
    );
    const keys = KEYS[service].map((name) => `/run/keys/${name}`);
    expect(JSON.parse(found)).toEqual({ files: ['/run/secrets/database-url', ...keys], writable: [] });
  });

  test.for(SERVICES)('%s reaches its own database and no other', async (service) => {
    const found = await stack.inside(
      service,
      `const { Client } = require('pg');
       const own = require('node:fs').readFileSync('/run/secrets/database-url', 'utf8');
       const outcome = async (name) => {
         const client = new Client({ connectionString: own.replace(/[^/]+$/, name) });
         try { await client.connect(); await client.end(); return 'open'; } catch (error) { return error.code; }
       };
       const names = ['auth', 'image', 'profile', 'data', 'postgres', 'template1'];
       Promise.all(names.map(async (name) => [name, await outcome(name)])).then((all) => console.log(JSON.stringify(Object.fromEntries(all))));`,
    );
    const refused = Object.fromEntries(
      [...SERVICES, 'postgres', 'template1'].map((name) => [name, name === service ? 'open' : '42501']),
    );
    expect(JSON.parse(found)).toEqual(refused);
  });

  test.for(ROOMS)(
    '%s reaches of the others the public documents of auth and whom it calls, through the balancer',
    async (service) => {
      const others = SERVICES.filter((other) => other !== service);
      const addresses = await Promise.all(
        others.map(async (other) => {
          const [container = ''] = await stack.containers(other);
          return docker(
            'inspect',
            '--format',
            '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}',
            container,
          );
        }),
      );
      const hosts = [...others, ...addresses.flatMap((list) => list.trim().split(' '))];
      const found = await stack.inside(
        service,
        `${FETCH_STATUS}
       const ask = {
         keys: () => status('http://gateway:8081${JWKS}'),
         lists: () => status('http://gateway:8081/auth/status-lists'),
         accounts: () => status('http://gateway:8081/auth/accounts', { method: 'POST' }),
         tokens: () => status('http://gateway:8081/auth/token', { method: 'POST', body: new URLSearchParams('grant_type=none') }),
         events: () => status('http://gateway:8081/auth/events/poll', { method: 'POST' }),
       image: () => status('http://gateway:8081/image/images'),
         profile: () => status('http://gateway:8081/profile/me'),
         data: () => status('http://gateway:8081/data/collections/notes/documents'),
         clients: () => status('http://gateway:8080${JWKS}'),
         statistics: () => status('http://gateway:8404/metrics'),
         others: () => Promise.all(${JSON.stringify(hosts)}.map((host) => status('http://' + host + ':8080/healthz'))),
       };
       (async () => {
         const answers = {};
         for (const [name, one] of Object.entries(ask)) answers[name] = await one();
         console.log(JSON.stringify(answers));
         process.exit();
       })();`,
      );
      const { others: reached, ...answers } = JSON.parse(found) as { others: unknown[] };
      const calls: readonly string[] = CALLS[service];
      expect(answers).toEqual({
        keys: 200,
        lists: 200,
        accounts: 404,
        tokens: 401,
        events: 401,
        image: calls.includes('image') ? 401 : 404,
        profile: calls.includes('profile') ? 401 : 404,
        data: 404,
        clients: 'ECONNREFUSED',
        statistics: 'ECONNREFUSED',
      });
      expect(reached).toHaveLength(hosts.length);
      expect(reached.filter((outcome) => typeof outcome === 'number')).toEqual([]);
      const routes = await stack.inside(
        service,
        `console.log(require('node:fs').readFileSync('/proc/net/route', 'utf8'))`,
      );
      expect(routes).not.toMatch(/^\S+\s+00000000/m);
    },
  );
}
