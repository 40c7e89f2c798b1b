import { randomUUID } from 'node:crypto';
import type { Signer } from '@roomkey/rivals';

export const ISSUER = 'https://desk.example';
export const AUDIENCE = 'https://desk.example/data';

const LIFETIME_SECONDS = 300;
/** Longer than any run of an experiment that measures for minutes. */
export const LONG_SECONDS = 900;

/** The claims of an access token as our desk issues it for three services (RFC 9068), with a status and a session. */
export function sampleClaims(
  scopes: readonly string[] = ['data:read', 'data:write'],
  lifetimeSeconds = LIFETIME_SECONDS,
): Readonly<Record<string, unknown>> {
  const iat = Math.floor(Date.now() / 1_000);
  return {
    iss: ISSUER,
    sub: randomUUID(),
    aud: [AUDIENCE, 'https://desk.example/image', 'https://desk.example/profile'],
    client_id: 'app',
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomUUID(),
    scope: scopes.join(' '),
    sid: randomUUID(),
    status: { status_list: { uri: `${ISSUER}/auth/status-lists/29431`, idx: 104_729 } },
  };
}

/** A token, and what a rival of the design `token` is told to verify it. */
export function sampleToken(signer: Signer, scopes?: readonly string[], lifetimeSeconds?: number): string {
  return signer.sign(sampleClaims(scopes, lifetimeSeconds));
}

/** Scopes as long as real ones are, each another. */
export function manyScopes(count: number): readonly string[] {
  const verbs = ['read', 'write', 'share', 'admin'];
  return Array.from({ length: count }, (_, at) => `service${Math.floor(at / 4)}:${verbs[at % 4]}`);
}
