import { createHash } from 'node:crypto';
import { sealToken, type ServiceToken } from './service-token.ts';
import {
  ACCESS_TOKEN_TYPE,
  CLIENT_CREDENTIALS,
  createTokenRequests,
  TOKEN_EXCHANGE,
  type TokenEndpointOptions,
} from './token-requests.ts';
import { TokenStore } from './token-store.ts';

export interface TokenClientOptions extends TokenEndpointOptions {
  /** A token is renewed this long before its end, or when a tenth of its life is left; 30 s unless given. */
  readonly renewBeforeSeconds?: number;
  /** Tokens kept; 10,000 unless given. */
  readonly maxTokens?: number;
  /** Milliseconds since the epoch; `Date.now` unless given. */
  readonly now?: () => number;
}

/** What a token shall be for: one service, and these scopes of it. */
interface Target {
  /** Resource identifier of the service to be called (RFC 8707): the token's only audience. */
  readonly resource: string;
  /** Space-separated. */
  readonly scope: string;
}

export interface TokenClient {
  /** In this service's own name (RFC 6749 §4.4). Nothing is sent before the token is used. */
  clientCredentials(target: Target): ServiceToken;
  /**
   * On a user's behalf (RFC 8693): what comes of it names the user and, in `act`, this service. Nothing is sent before it is used.
   *
   * @param options.subjectToken the verified access token this service was called with; it goes to the desk and nowhere else
   */
  exchange(options: Target & { readonly subjectToken: string }): ServiceToken;
}

/**
 * Builds the client by which a service gets tokens for calling other services: authenticated with a key of its own
 * (`private_key_jwt`), kept until shortly before their end, one request at a time for each token.
 *
 * @throws {TypeError} when the key is not a P-256 private key
 */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  const { renewBeforeSeconds = 30, maxTokens = 10_000, now = Date.now } = options;
  const request = createTokenRequests(options);
  const tokens = new TokenStore({ renewBeforeSeconds, maxTokens, now });

  return {
    clientCredentials({ resource, scope }) {
      const key = `own ${resource} ${scope}`;
      const ask = () => request(CLIENT_CREDENTIALS, { resource, scope });
      return sealToken(resource, scope, (refused) => tokens.get(key, ask, refused));
    },

    exchange({ subjectToken, resource, scope }) {
      if (subjectToken === '') throw new TypeError('an exchange needs a subject token');
      // Others' tokens are not kept longer than they are needed: their hash names what was given for them.
      const key = `${createHash('sha256').update(subjectToken).digest('base64url')} ${resource} ${scope}`;
      const ask = () =>
        request(TOKEN_EXCHANGE, {
          subject_token: subjectToken,
          subject_token_type: ACCESS_TOKEN_TYPE,
          requested_token_type: ACCESS_TOKEN_TYPE,
          resource,
          scope,
        });
      return sealToken(resource, scope, (refused) => tokens.get(key, ask, refused));
    },
  };
}
