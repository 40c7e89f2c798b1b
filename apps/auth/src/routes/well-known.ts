import { createHash } from 'node:crypto';
import type { Service } from '@roomkey/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CLIENT_ALGORITHMS } from '../domain/clients.ts';
import type { KeyRing } from '../domain/key-ring.ts';

interface WellKnownOptions {
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
  readonly keyRing: KeyRing;
  readonly jwksMaxAgeSeconds: number;
  readonly now: () => Date;
}

const METADATA_MAX_AGE_SECONDS = 300;

/** The issuer's public documents: its keys, and what it offers. */
export async function wellKnownRoutes(app: Service, options: WellKnownOptions): Promise<void> {
  const { keyRing, jwksMaxAgeSeconds, now } = options;
  const metadata = document(
    JSON.stringify(metadataOf(options)),
    'application/json',
    METADATA_MAX_AGE_SECONDS,
  );
  const config = { public: true } as const;

  // RFC 8414 §3.1, and where OpenID clients look for the same.
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    app.get(path, { config, schema: { summary: 'Metadata (RFC 8414)' } }, (request, reply) =>
      sendDocument(request, reply, metadata),
    );
  }

  app.get(
    '/.well-known/jwks.json',
    { config, schema: { summary: 'Public keys (RFC 7517)' } },
    (request, reply) => {
      const jwks = JSON.stringify({ keys: keyRing.published(now()) });
      return sendDocument(request, reply, document(jwks, 'application/jwk-set+json', jwksMaxAgeSeconds));
    },
  );
}

/** RFC 8414 §2: what works, and nothing that does not (security 54). */
function metadataOf({ issuer, scopes, grantTypes }: WellKnownOptions) {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    token_endpoint: `${issuer}/auth/token`,
    // draft-ietf-oauth-status-list-21 §9
    status_list_aggregation_endpoint: `${issuer}/auth/status-lists`,
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    grant_types_supported: grantTypes,
    revocation_endpoint: `${issuer}/auth/revoke`,
    revocation_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    introspection_endpoint: `${issuer}/auth/introspect`,
    introspection_endpoint_auth_methods_supported: ['private_key_jwt'],
    introspection_endpoint_auth_signing_alg_values_supported: CLIENT_ALGORITHMS,
    // There is no authorization endpoint, so there is no response type.
    response_types_supported: [],
    scopes_supported: scopes,
    service_documentation: `${issuer}/auth/docs`,
  };
}

interface PublicDocument {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

function document(body: string, type: string, maxAgeSeconds: number): PublicDocument {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  return {
    body,
    headers: { 'content-type': type, 'cache-control': `public, max-age=${maxAgeSeconds}`, etag },
  };
}

function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, headers }: PublicDocument,
): FastifyReply {
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  const isKnown = known?.some((tag) => tag === '*' || tag === headers['etag']);
  void reply.headers(headers);
  return isKnown ? reply.code(304).send() : reply.send(body);
}
