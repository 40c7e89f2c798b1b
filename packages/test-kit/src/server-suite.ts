import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { createTestDatabase } from './database.ts';
import { publishIssuer } from './published-issuer.ts';
import { settingsWithoutDesk } from './settings-without-desk.ts';
import { createTestIssuer } from './test-issuer.ts';

export interface ServerSubject {
  /** `src/server.ts` of a service that verifies tokens and has a database. */
  readonly server: URL;
  readonly migrations: URL;
  /** Settings of this service alone. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A GET that a token of this scope gets through. */
  readonly request: { readonly path: string; readonly scope: string };
}

/** Runs a service as it is run: its server file, by plain node, with settings from the environment. */
export function serverSuite({ server, migrations, settings = {}, request }: ServerSubject): void {
  describe('server', () => {
    test('without settings it does not start, and names all that is missing', async () => {
      const child = start(server, { PORT: 'x', DATABASE_URL: 'mysql://' });
      const [said, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'exit')]);
      expect(code).not.toBe(0);
      for (const name of [
        'HOST',
        'PORT',
        'CORS_ORIGINS',
        'ISSUER',
        'RESOURCE',
        'JWKS_URL',
        'STATUS_LISTS_URL',
        'EVENTS_URL',
        'SECURITY_EVENTS_URL',
        'CLIENT_KEY',
        'DATABASE_URL',
      ]) {
        expect(said).toContain(name);
      }
    });

    test('it starts with plain node, serves, hears of a revocation, and leaves in order on SIGTERM (security 84, 147)', async () => {
      const desk = createTestIssuer({ audience: 'http://test/room' });
      await using published = await publishIssuer(desk);
      await using database = await createTestDatabase({ migrations });
      const child = start(server, {
        HOST: '127.0.0.1',
        PORT: '0',
        LOG_LEVEL: 'warn',
        CORS_ORIGINS: '*',
        ISSUER: desk.issuer,
        RESOURCE: desk.audience,
        JWKS_URL: published.jwksUrl,
        STATUS_LISTS_URL: published.statusListsUrl,
        EVENTS_URL: published.eventsUrl,
        SERVER_TIMING: 'true',
        DATABASE_URL: database.url,
        ...settingsWithoutDesk('room'),
        ...settings,
      });
      try {
        const [{ listening }] = (await once(child, 'message')) as [{ listening: string }];
        expect((await fetch(`${listening}/readyz`)).status).toBe(200);

        const authorization = `Bearer ${desk.token({ scope: request.scope, status: published.status(7) })}`;
        const answer = await fetch(`${listening}${request.path}`, { headers: { authorization } });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('server-timing')).toMatch(/^verify;dur=/);

        published.revoke(7);
        await vi.waitFor(async () => {
          expect((await fetch(`${listening}${request.path}`, { headers: { authorization } })).status).toBe(
            401,
          );
        });

        child.kill('SIGTERM');
        const [code] = (await once(child, 'exit')) as [number | null];
        expect(code).toBe(0);
      } finally {
        child.kill('SIGKILL');
      }
    });
  });
}

function start(server: URL, env: Record<string, string>): ChildProcess {
  return spawn(execPath, [fileURLToPath(server)], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}
