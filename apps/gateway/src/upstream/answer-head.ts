import { isWellFormed } from '../message-head.ts';

/** How the end of an answer's body is told (RFC 9112 §6.3). */
export const Framing = { length: 0, chunked: 1, none: 2 } as const;
export type Framing = (typeof Framing)[keyof typeof Framing];

/** A replica's head, read. */
export interface AnswerHead {
  readonly status: number;
  /** What the client gets of it. Flat list: name, value, name, value. */
  readonly headers: string[];
  readonly framing: Framing;
  /** The announced length; 0 where none is. */
  readonly length: number;
  /** The replica closes its connection after this answer. */
  readonly isLast: boolean;
  /** How long the replica keeps an idle connection, if it says so. */
  readonly keepAliveSeconds: number | undefined;
}

/** What a header of an answer means to the gateway. */
const PASS = 0;
const DROP = 1;
const LENGTH = 2;
const CODING = 3;
const CONNECTION = 4;
const KEEP_ALIVE = 5;

/** What belongs to one connection only (RFC 9110 §7.6.1), and what the gateway says itself. */
const MEANINGS: ReadonlyMap<string, number> = new Map([
  ...'proxy-connection proxy-authenticate te trailer upgrade x-request-id'
    .split(' ')
    .map((name) => [name, DROP] as const),
  ['content-length', LENGTH],
  ['transfer-encoding', CODING],
  ['connection', CONNECTION],
  ['keep-alive', KEEP_ALIVE],
]);

/** By the name as spelled; bounded, although replicas choose few. */
const known = new Map<string, number>();
const MAX_KNOWN = 1_000;

function meaningOf(name: string): number {
  const found = known.get(name);
  if (found !== undefined) return found;
  const meaning = MEANINGS.get(name.toLowerCase()) ?? PASS;
  if (known.size < MAX_KNOWN) known.set(name, meaning);
  return meaning;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) /;
const KEEP_ALIVE_TIMEOUT = /(?:^|[ ,])timeout=(\d{1,6})/;

/**
 * Reads a head up to, and without, its empty line. Strict: what two programs could read differently is no answer.
 *
 * @returns undefined for anything but one well-formed HTTP/1.1 head with at most one way of telling the body's end
 */
export function readAnswerHead(text: string): AnswerHead | undefined {
  const status = STATUS_LINE.exec(text)?.[1];
  if (status === undefined || !isWellFormed(text)) return undefined;
  let headers: string[] = [];
  let length: string | undefined;
  let coding: string | undefined;
  let connection = '';
  let keepAliveSeconds: number | undefined;

  let lineEnd = text.indexOf('\r\n');
  while (lineEnd !== -1) {
    const start = lineEnd + 2;
    lineEnd = text.indexOf('\r\n', start);
    const colon = text.indexOf(':', start);
    const name = text.slice(start, colon);
    const value = text.slice(colon + 1, lineEnd === -1 ? undefined : lineEnd).trim();
    switch (meaningOf(name)) {
      case PASS:
        headers.push(name, value);
        break;
      case LENGTH:
        if (length !== undefined || !/^\d{1,15}$/.test(value)) return undefined;
        length = value;
        headers.push(name, value);
        break;
      case CODING:
        if (coding !== undefined || value.toLowerCase() !== 'chunked') return undefined;
        coding = value;
        break;
      case CONNECTION:
        connection += `,${value.toLowerCase()}`;
        break;
      case KEEP_ALIVE:
        keepAliveSeconds = secondsOf(value);
        break;
    }
  }
  if (length !== undefined && coding !== undefined) return undefined;

  const options = connection === ',keep-alive' || connection === '' ? [] : optionsOf(connection);
  if (options.length > 0) headers = withoutNamed(headers, options);
  return {
    status: Number(status),
    headers,
    framing: coding !== undefined ? Framing.chunked : length !== undefined ? Framing.length : Framing.none,
    length: Number(length ?? 0),
    isLast: options.includes('close'),
    keepAliveSeconds,
  };
}

function secondsOf(keepAlive: string): number | undefined {
  const timeout = KEEP_ALIVE_TIMEOUT.exec(keepAlive)?.[1];
  return timeout === undefined ? undefined : Number(timeout);
}

function optionsOf(connection: string): string[] {
  return connection.split(',').map((option) => option.trim());
}

function withoutNamed(headers: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!names.includes(name.toLowerCase())) kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}
