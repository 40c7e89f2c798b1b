import {
  createVerifier,
  openIssuerView,
  type IssuerKnowledge,
  type Verifier,
} from '@roomkey/resource-server';
import { bearerAuth } from '@roomkey/resource-server/fastify';
import { importKnowledge } from '../signature-algorithms.ts';
import { optionalSetting, setting } from '../settings.ts';
import type { Design } from './design.ts';

/** Our own: a signed token, verified by each replica itself. */
export function verifiedBy(verifier: Verifier): Design {
  return async (app) => {
    await app.register(bearerAuth, { verifier });
    return {
      recognize(request, _reply, done) {
        request.guest = request.principal;
        done();
      },
      signIn: () => Promise.reject(new Error('one signs in at the desk')),
      signOut: () => Promise.reject(new Error('one signs out at the desk')),
    };
  };
}

/**
 * The issuer is one that publishes (JWKS_URL, STATUS_LISTS_URL, …), or one whose only key is told (KEY), which may be of an
 * algorithm that `openIssuerView` does not take.
 */
export const signedToken: Design = async (app) => {
  const maxCachedTokens = optionalSetting('MAX_CACHED_TOKENS');
  const verifier = createVerifier({
    issuers: [{ view: await knowledge(), audience: setting('AUDIENCE') }],
    ...(maxCachedTokens !== undefined && { maxCachedTokens: Number(maxCachedTokens) }),
  });
  return verifiedBy(verifier)(app);
};

async function knowledge(): Promise<IssuerKnowledge> {
  const key = optionalSetting('KEY');
  if (key !== undefined) return importKnowledge(setting('ISSUER'), key);
  return openIssuerView({
    issuer: setting('ISSUER'),
    jwksUrl: setting('JWKS_URL'),
    statusListsUrl: optionalSetting('STATUS_LISTS_URL'),
    eventsUrl: optionalSetting('EVENTS_URL'),
  });
}
