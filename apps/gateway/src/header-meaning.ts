/** What a request header means to the gateway. */
export const Meaning = {
  pass: 0,
  drop: 1,
  host: 2,
  authorization: 3,
  contentLength: 4,
  transferEncoding: 5,
  connection: 6,
  requestId: 7,
} as const;
export type Meaning = (typeof Meaning)[keyof typeof Meaning];

/** What belongs to one connection only (RFC 9110 §7.6.1). */
const HOP_BY_HOP =
  'keep-alive proxy-connection te trailer upgrade proxy-authorization http2-settings expect'.split(' ');

/** Names by which some back end learns who asks, from where, or what it shall do instead (security 50, 51, 144). */
const CLAIMS = (
  'forwarded remote-user remote-groups remote-name remote-email remote-addr client-ip true-client-ip cf-connecting-ip ' +
  'x-real-ip x-client-ip x-cluster-client-ip x-originating-ip x-original-url x-original-uri x-original-host ' +
  'x-rewrite-url x-host x-http-method x-http-method-override x-method-override front-end-https'
).split(' ');
const CLAIM_PREFIXES =
  'x-forwarded- x-user x-auth- x-authenticated- x-remote- x-webauth- x-client-cert x-ssl- x-jwt-'.split(' ');

const SPECIAL: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...[...HOP_BY_HOP, ...CLAIMS].map((name) => [name, Meaning.drop] as const),
  ['host', Meaning.host],
  ['authorization', Meaning.authorization],
  ['content-length', Meaning.contentLength],
  ['transfer-encoding', Meaning.transferEncoding],
  ['connection', Meaning.connection],
  ['x-request-id', Meaning.requestId],
]);

/** By the name as spelled; filled as names appear, bounded because clients choose them. */
const known = new Map<string, Meaning>();
const MAX_KNOWN = 1_000;

export function meaningOf(name: string): Meaning {
  return known.get(name) ?? learn(name);
}

function learn(name: string): Meaning {
  const lower = name.toLowerCase();
  // Where `_` and `-` become the same variable (CGI, WSGI), X_User is X-User.
  const dashed = lower.replaceAll('_', '-');
  const isClaim =
    CLAIM_PREFIXES.some((prefix) => dashed.startsWith(prefix)) || (dashed !== lower && SPECIAL.has(dashed));
  const meaning = SPECIAL.get(lower) ?? (isClaim ? Meaning.drop : Meaning.pass);
  if (known.size < MAX_KNOWN) known.set(name, meaning);
  return meaning;
}
