/** Problem types of this system: slug → status and title. `docs/problems.md` describes each; a test holds them together. */
export const PROBLEMS = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  'invalid-request': { status: 400, title: 'The request does not have the expected shape' },
  unauthorized: { status: 401, title: 'A valid access token is required' },
  'wrong-credentials': { status: 401, title: 'The name or the password is not right' },
  forbidden: { status: 403, title: 'This is not yours to do' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This method is not offered here' },
  'not-acceptable': { status: 406, title: 'None of the accepted types can be given' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'The request conflicts with what is stored' },
  gone: { status: 410, title: 'It is no longer here' },
  'precondition-failed': { status: 412, title: 'It has changed since you read it' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'This media type is not taken here' },
  'unprocessable-content': { status: 422, title: 'The content cannot be processed' },
  'precondition-required': { status: 428, title: 'Say which version you mean' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'header-too-large': { status: 431, title: 'The headers are too large' },
  'quota-exceeded': { status: 403, title: 'Your quota is used up' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  'bad-gateway': { status: 502, title: 'The service behind the gateway broke off' },
  unavailable: { status: 503, title: 'The service cannot answer right now' },
  'gateway-timeout': { status: 504, title: 'The service behind the gateway took too long' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemSlug = keyof typeof PROBLEMS;

/**
 * An RFC 9457 problem on its way to the client. Routes throw it; nothing below a route knows it.
 *
 * `detail` is public: a sentence that says what is wrong and what would be right, never a token, secret or stack.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly slug: ProblemSlug;
  readonly headers: Readonly<Record<string, string>>;

  constructor(slug: ProblemSlug, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.slug = slug;
    this.headers = headers;
  }

  get statusCode(): number {
    return PROBLEMS[this.slug].status;
  }
}

/** The body of a problem (RFC 9457 §3.1); `instance` is the request id, by which a log line is found. */
export function problemBody(slug: ProblemSlug, detail: string | undefined, requestId: string) {
  const { status, title } = PROBLEMS[slug];
  return {
    type: `urn:roomkey:problem:${slug}`,
    title,
    status,
    ...(detail !== undefined && { detail }),
    instance: `urn:roomkey:request:${requestId}`,
  };
}

const slugByStatus = new Map<number, ProblemSlug>();
for (const [slug, { status }] of Object.entries(PROBLEMS)) {
  if (!slugByStatus.has(status)) slugByStatus.set(status, slug as ProblemSlug);
}

/** The general problem of an HTTP status; unknown 4xx become `bad-request`, all else `internal`. */
export function slugOfStatus(status: number): ProblemSlug {
  return slugByStatus.get(status) ?? (status >= 400 && status < 500 ? 'bad-request' : 'internal');
}
