import { generateKeyPairSync, hash, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';

export type Json = Readonly<Record<string, unknown>>;
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** An ES256 key pair of an issuer. */
export interface DeskKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Json;
}

/** The bits of one published list; `revoke` sets one. */
export interface DeskList {
  readonly uri: string;
  readonly path: string;
  bytes: Buffer;
  /** Members of its token that replace the usual ones; undefined removes. */
  claims: Json;
  header: Json;
  key: DeskKey | undefined;
  revoke(index: number): void;
  /** The `status` claim of a token. */
  status(index: number): Json;
}

/**
 * An issuer on a real HTTP server: what it publishes is changed by changing its fields, what it answers by `answers`. With
 * entity tags, as a sound issuer has them.
 */
export interface Desk extends AsyncDisposable {
  readonly issuer: string;
  readonly audience: string;
  readonly origin: string;
  readonly jwksUrl: string;
  readonly statusListsUrl: string;
  readonly eventsUrl: string;
  /** Published keys; the first one signs. */
  keys: DeskKey[];
  lists: DeskList[];
  /** Answers instead of the usual ones, by path. */
  readonly answers: Map<string, Answer>;
  addList(name: string, size?: number): DeskList;
  token(claims?: Json, header?: Json, key?: DeskKey): string;
  /** How many requests came for a path. */
  requestsFor(path: string): number;
  /** Writes to everybody who follows the events. */
  say(text: string): void;
  hint(hint: Json): void;
  /** How many follow the events now. */
  listeners(): number;
  /** Ends every stream of events. */
  cut(): void;
}

export const PATHS = { jwks: '/jwks.json', lists: '/lists', events: '/events' } as const;

export function createKey(kid: string = randomUUID()): DeskKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    kid,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
  };
}

export async function openDesk({
  issuer = 'http://desk.test',
  audience = 'http://desk.test/room',
  now = Date.now,
}: { issuer?: string; audience?: string; now?: () => number } = {}): Promise<Desk> {
  const requests = new Map<string, number>();
  const streams = new Set<ServerResponse>();

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const answer = desk.answers.get(path);
    if (answer) return answer(response, request);
    if (path === PATHS.events) return follow(response);
    const text = documentAt(path);
    if (text === undefined) return response.writeHead(404).end();
    const etag = `"${hash('sha256', text)}"`;
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
    return response.writeHead(200, { etag }).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function documentAt(path: string): string | undefined {
    if (path === PATHS.jwks) return JSON.stringify({ keys: desk.keys.map((key) => key.jwk) });
    if (path === PATHS.lists) return JSON.stringify({ status_lists: desk.lists.map((list) => list.uri) });
    const list = desk.lists.find((candidate) => candidate.path === path);
    return list && listToken(list);
  }

  /** Signed anew when the content or the second changes, so that equal content has an equal tag for a while. */
  const signed = new Map<string, string>();
  function listToken(list: DeskList): string {
    const key = list.key ?? firstKey();
    const iat = Math.floor(now() / 1_000);
    const status_list = { bits: 1, lst: deflateSync(list.bytes).toString('base64url') };
    const claims = { iss: issuer, sub: list.uri, iat, exp: iat + 900, ttl: 10, status_list, ...list.claims };
    const name = JSON.stringify([key.jwk, list.header, claims]);
    const token =
      signed.get(name) ??
      signJws({ alg: 'ES256', typ: 'statuslist+jwt', kid: key.kid, ...list.header }, claims, key);
    signed.set(name, token);
    return token;
  }

  function follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hints follow\n\n');
    streams.add(response);
    response.once('close', () => streams.delete(response));
  }

  function firstKey(): DeskKey {
    const [key] = desk.keys;
    if (key === undefined) throw new Error('this desk has no key to sign with');
    return key;
  }

  const desk: Desk = {
    issuer,
    audience,
    origin,
    jwksUrl: `${origin}${PATHS.jwks}`,
    statusListsUrl: `${origin}${PATHS.lists}`,
    eventsUrl: `${origin}${PATHS.events}`,
    keys: [createKey()],
    lists: [],
    answers: new Map(),
    addList(name, size = 1_024) {
      const uri = `${issuer}/lists/${name}`;
      const list: DeskList = {
        uri,
        path: `/lists/${name}`,
        bytes: Buffer.alloc(size / 8),
        claims: {},
        header: {},
        key: undefined,
        revoke(index) {
          list.bytes[index >> 3] = (list.bytes[index >> 3] ?? 0) | (1 << (index & 7));
        },
        status: (index) => ({ status_list: { uri, idx: index } }),
      };
      desk.lists.push(list);
      return list;
    },
    token(claims = {}, header = {}, key = firstKey()) {
      const iat = Math.floor(now() / 1_000);
      const usual = {
        iss: issuer,
        aud: audience,
        sub: 'guest-1',
        client_id: 'app',
        jti: randomUUID(),
        iat,
        exp: iat + 300,
      };
      return signJws({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header }, { ...usual, ...claims }, key);
    },
    requestsFor: (path) => requests.get(path) ?? 0,
    say(text) {
      for (const stream of streams) stream.write(text);
    },
    hint: (hint) => desk.say(`data: ${JSON.stringify(hint)}\n\n`),
    listeners: () => streams.size,
    cut() {
      for (const stream of streams) stream.destroy();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return desk;
}

export function signJws(header: Json, payload: Json, { privateKey }: DeskKey): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
