import * as oauth from 'oauth4webapi';
import { readBounded, retryAfterSeconds } from './bounded-body.ts';
import { readClientKey, type JsonWebKey } from './client-key.ts';
import type { TokenFailure, TokenOutcome } from './token-outcome.ts';

export interface TokenEndpointOptions {
  /** The issuer's identifier: the one audience of the client's assertions (draft-ietf-oauth-rfc7523bis). */
  readonly issuer: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  /** P-256: a JWK (an object or its JSON) or PEM. */
  readonly privateKey: string | JsonWebKey;
  /** Longest wait for the token endpoint; 3,000 ms unless given. */
  readonly timeoutMs?: number;
}

/** Sends one token request; its outcome is a value, whatever the desk answers or does not. */
export type RequestToken = (
  grantType: string,
  parameters: Readonly<Record<string, string>>,
) => Promise<TokenOutcome>;

export const CLIENT_CREDENTIALS = 'client_credentials';
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

const MAX_ANSWER_BYTES = 64 * 1024;

/** The token endpoint could not be asked, or its answer not be read. */
class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** @throws {TypeError} when the key is not one */
export function createTokenRequests(options: TokenEndpointOptions): RequestToken {
  const { issuer, tokenUrl, clientId, privateKey, timeoutMs = 3_000 } = options;
  const desk: oauth.AuthorizationServer = { issuer, token_endpoint: tokenUrl };
  const client: oauth.Client = { client_id: clientId };
  const authentication = oauth.PrivateKeyJwt(readClientKey(privateKey));

  return async (grantType, parameters) => {
    try {
      const response = await oauth.genericTokenEndpointRequest(
        desk,
        client,
        authentication,
        grantType,
        { ...parameters },
        {
          [oauth.customFetch]: fetchBounded,
          // Which scheme the desk is reached by inside a system is for the setting to say.
          [oauth.allowInsecureRequests]: tokenUrl.startsWith('http:'),
          signal: () => AbortSignal.timeout(timeoutMs),
        },
      );
      const answer = await oauth.processGenericTokenEndpointResponse(desk, client, response);
      return outcomeOf(answer, grantType);
    } catch (error) {
      return failureOf(error);
    }
  };
}

async function fetchBounded(
  url: string,
  { body, headers, method, signal }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
): Promise<Response> {
  try {
    // Where a redirect leads, the assertion and the subject token must not go.
    const init: RequestInit = { body, headers, method, redirect: 'error' };
    const response = await fetch(url, { ...init, ...(signal && { signal }) });
    const bytes = await readBounded(response, MAX_ANSWER_BYTES);
    return new Response(bytes.length > 0 ? new Uint8Array(bytes) : null, {
      status: response.status,
      headers: response.headers,
    });
  } catch (cause) {
    throw new UnreachableError('the token endpoint cannot be asked', { cause });
  }
}

function outcomeOf(answer: oauth.TokenEndpointResponse, grantType: string): TokenOutcome {
  const { access_token: value, token_type: tokenType, expires_in: expiresInSeconds } = answer;
  // RFC 8693 §2.2.1: required in the answer to an exchange.
  const isTyped = grantType !== TOKEN_EXCHANGE || answer['issued_token_type'] === ACCESS_TOKEN_TYPE;
  if (tokenType !== 'bearer' || expiresInSeconds === undefined || !isTyped)
    return deskAway(new Error('the token endpoint answered with something else than a bearer access token'));
  return { ok: true, value, expiresInSeconds };
}

function failureOf(error: unknown): TokenFailure {
  if (error instanceof oauth.ResponseBodyError) {
    const { status, response } = error;
    if (status === 429 || status >= 500) return deskAway(error, retryAfterSeconds(response.headers));
    return { ok: false, kind: 'refused', error: error.error, description: error.error_description };
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return { ok: false, kind: 'refused', error: 'invalid_client', description: undefined };
  const isAnswer = error instanceof oauth.OperationProcessingError;
  if (error instanceof UnreachableError || isAnswer || error instanceof oauth.UnsupportedOperationError)
    return deskAway(error);
  throw error;
}

const deskAway = (cause: unknown, seconds?: number): TokenFailure => ({
  ok: false,
  kind: 'desk-away',
  retryAfterSeconds: seconds,
  cause,
});
