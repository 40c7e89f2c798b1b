import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { docker } from './run.ts';
import type { Stack } from './stack.ts';

const JWKS = '/.well-known/jwks.json';
const HSTS = 'max-age=63072000; includeSubDomains';

interface Room {
  readonly path: string;
  readonly card: { readonly authorization: string };
}

/** Registers the tests of what clients reach by HTTPS, in demo and in production; the balancer is a production's after them. */
export function testHttps(stack: Stack, roomOfGuest: () => Promise<Room>): void {
  const { httpsOrigin } = stack;
  const rootOf = () => stack.compose('exec', '--no-TTY', 'gateway', 'cat', '/run/certificate/root.pem');

  test('with the root of the first start trusted, HTTP/2 is spoken, and a card of plain HTTP is good there', async () => {
    const { path, card } = await roomOfGuest();
    const ca = await rootOf();
    const session = connectHttp2(httpsOrigin, { ca });
    await once(session, 'connect');
    const { alpnProtocol } = session;
    const protocol = (session.socket as TLSSocket).getProtocol();
    const ask = async (target: string, headers: Readonly<Record<string, string>> = {}) => {
      const stream = session.request({ ':path': target, ...headers });
      const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
      stream.close();
      return answer;
    };
    try {
      expect(alpnProtocol).toBe('h2');
      expect(protocol).toBe('TLSv1.3');
      const opened = await ask(path, { ...card });
      expect(opened[':status']).toBe(200);
      expect(opened['x-served-by']).toBeDefined();
      expect((await ask(path))[':status']).toBe(401);
      expect((await ask('/image//x'))[':status']).toBe(400);
    } finally {
      session.destroy();
    }
  });

  test('who does not trust the root refuses, and is refused below TLS 1.2', async () => {
    const untrusting = fetch(`${httpsOrigin}${JWKS}`).catch((error: Error) => error.cause);
    expect(await untrusting).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(await handshake(stack, 'TLSv1.1')).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    expect(await handshake(stack, 'TLSv1.2')).toBe('TLSv1.2');
  });

  test('every answer over TLS says that it is to be so henceforth, but for localhost', async () => {
    const ca = await rootOf();
    for (const path of [JWKS, '/profile/me', '/nowhere']) {
      expect((await getByHttps(httpsOrigin, path, ca)).headers['strict-transport-security']).toBe(HSTS);
      const plain = await fetch(`${stack.origin}${path}`);
      expect(plain.headers.get('strict-transport-security')).toBeNull();
    }
    const { headers } = await getByHttps(httpsOrigin.replace('127.0.0.1', 'localhost'), JWKS, ca);
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  test('a production start refuses a demo, each part by name: its secrets, its certificate, its plain HTTP', async () => {
    const ca = await rootOf();
    await using folder = await folderWith(
      'server.pem',
      await stack.compose('exec', '--no-TTY', 'gateway', 'cat', '/run/certificate/server.pem'),
    );
    const production = (origin: string, ...args: string[]) =>
      stack.production({ ROOMKEY_ORIGIN: origin, ROOMKEY_CERTIFICATE: folder.path }, ...args);

    const secrets = production('https://hotel.example', 'run', '--rm', '--no-deps', 'secrets');
    await expect(secrets).rejects.toThrow(/key-encryption-key was made for a demo/);
    const certificate = production('http://hotel.example', 'run', '--rm', '--no-deps', 'certificate');
    await expect(certificate).rejects.toThrow(
      'the origin, http://hotel.example, is not one of https\nthe certificate was made for a demo\nthe certificate is not for hotel.example',
    );

    // The balancer alone, with the certificate that is there.
    await production('https://127.0.0.1', 'up', '--detach', '--wait', '--no-deps', 'gateway');
    const encrypted = await getByHttps(httpsOrigin, JWKS, ca);
    expect(encrypted.status).toBe(200);
    await expect(fetch(`${stack.origin}${JWKS}`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    // Nor for somebody who comes another way.
    const [gateway = ''] = await stack.containers('gateway');
    const format =
      '{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{$network.IPAddress}}\n{{end}}';
    const [, address] = /_public (\S+)/.exec(await docker('inspect', '--format', format, gateway)) ?? [];
    const plain = await fetch(`http://${address}:8080${JWKS}`, { redirect: 'manual' });
    expect(plain.status).toBe(403);
    expect(await plain.json()).toMatchObject({ type: 'urn:roomkey:problem:forbidden', status: 403 });
  });
}

/** @returns the version that was agreed on, or the code of the refusal */
async function handshake({ httpsOrigin }: Stack, version: SecureVersion): Promise<string> {
  const { hostname: host, port } = new URL(httpsOrigin);
  const socket = connectTls({
    host,
    port: Number(port),
    minVersion: version,
    maxVersion: version,
    // Else this side would not even try what is old.
    ciphers: 'DEFAULT:@SECLEVEL=0',
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol() ?? 'none';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    socket.destroy();
  }
}

async function getByHttps(origin: string, path: string, ca: string) {
  const sent = request(`${origin}${path}`, { ca, agent: false }).end();
  const [{ statusCode: status, headers }] = (await once(sent, 'response')) as [
    { statusCode: number; headers: IncomingHttpHeaders },
  ];
  sent.destroy();
  return { status, headers };
}

async function folderWith(name: string, text: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'roomkey-'));
  await writeFile(join(path, name), `${text}\n`, { mode: 0o644 });
  // For the balancer's own user, who is none here.
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
