import type { Reply, SendOptions } from './as-user.ts';

/** A body that no JSON route takes: each must be answered with one of the statuses, and change nothing. */
export interface HostileBody extends SendOptions {
  readonly name: string;
  readonly statuses: readonly number[];
}

const DEEP = 10_000;

const malformed = (name: string, body: string | Buffer): HostileBody => ({ name, statuses: [400], body });
const typed = (type: string, body: string): HostileBody => ({
  name: `a body of the type ${type}`,
  statuses: [415],
  body,
  headers: { 'content-type': type },
});

export const HOSTILE_BODIES: readonly HostileBody[] = [
  malformed('an empty body', ''),
  malformed('half an object', '{"a":'),
  malformed('more than an object', '{}{}'),
  malformed('a comma too many', '{"a":1,}'),
  malformed('NaN', '{"a":NaN}'),
  malformed('single quotes', "{'a':1}"),
  malformed('a comment', '{} // none'),
  malformed('a byte order mark', '\uFEFF{}'),
  malformed('UTF-16', Buffer.from('{"a":1}', 'utf16le')),
  malformed('a list', '[{}]'),
  malformed('a text', '"a"'),
  malformed('a number', '1'),
  malformed('true', 'true'),
  malformed('null', 'null'),
  malformed('lists 10,000 levels deep', `{"a":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`),
  malformed('objects 10,000 levels deep', `${'{"a":'.repeat(DEEP)}0${'}'.repeat(DEEP)}`),
  malformed('10,000 levels never closed', '['.repeat(DEEP)),
  {
    name: '100,000 levels after a text with brackets',
    statuses: [400, 413],
    body: `{"]\\"}":${'['.repeat(100_000)}`,
  },
  malformed('a member named __proto__', '{"__proto__":{"admin":true}}'),
  { name: 'a body of 5 MB', statuses: [413], body: `"${'x'.repeat(5_000_000)}"` },
  typed('text/plain', '{}'),
  typed('application/x-www-form-urlencoded', 'a=1'),
  typed('multipart/form-data; boundary=x', '--x--'),
  typed('application/xml', '<a/>'),
  typed('application/jsonx', '{}'),
  typed('application/json+', '{}'),
  typed(';application/json', '{}'),
];

/** Says why an answer is not the refusal it should be: a problem with a sentence for people, and nothing of the inside. */
export function faultOfRefusal(
  { status, headers, json }: Reply,
  statuses: readonly number[],
): string | undefined {
  if (!statuses.includes(status)) return `answered ${status}, not ${statuses.join(' or ')}`;
  if (!String(headers['content-type']).startsWith('application/problem+json'))
    return 'is no problem document';
  const detail: unknown = json?.detail;
  if (typeof detail !== 'string' || !/\w{2,} \w+/.test(detail))
    return `has no sentence, but ${JSON.stringify(detail)}`;
  if (/syntaxerror|node_modules|postgres|column|relation|\bat position\b|\bat .*:\d+/i.test(detail)) {
    return `tells of the inside: ${detail}`;
  }
  return undefined;
}
