import { createTestIssuer, publishIssuer } from '@roomkey/test-kit';

/** Valid tokens of an issuer that publishes its key and status list over HTTP. */
export interface PublishedTokens extends AsyncDisposable {
  readonly all: readonly string[];
  /** What a server needs to verify them, as environment variables. */
  readonly environment: Readonly<Record<(typeof NAMES)[number], string>>;
}

const NAMES = ['ISSUER', 'AUDIENCE', 'JWKS_URL', 'STATUS_LISTS_URL', 'JWK'] as const;

export const SCOPE = 'data:read';
const LIFETIME_SECONDS = 900;

export async function publishTokens(count: number): Promise<PublishedTokens> {
  const desk = createTestIssuer({ audience: 'http://rooms.test/data' });
  const published = await publishIssuer(desk);
  const exp = Math.floor(Date.now() / 1_000) + LIFETIME_SECONDS;
  const all = Array.from({ length: count }, (_, index) =>
    desk.token({ exp, scope: `${SCOPE} data:write`, status: published.status(index) }),
  );
  return {
    all,
    environment: {
      ISSUER: desk.issuer,
      AUDIENCE: desk.audience,
      JWKS_URL: published.jwksUrl,
      STATUS_LISTS_URL: published.statusListsUrl,
      JWK: JSON.stringify(desk.jwk),
    },
    [Symbol.asyncDispose]: () => published[Symbol.asyncDispose](),
  };
}
