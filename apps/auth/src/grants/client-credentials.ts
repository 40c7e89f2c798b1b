import { CLIENT_CREDENTIALS } from '../domain/clients.ts';
import { refuse } from '../domain/oauth-error.ts';
import type { GrantType } from './grant-type.ts';

/** RFC 6749 §4.4: a client for itself. */
export const clientCredentialsGrant: GrantType = {
  name: CLIENT_CREDENTIALS,
  async subject({ client }) {
    // RFC 6749 §4.4: confidential clients only.
    if (client.kind !== 'confidential')
      return refuse('unauthorized_client', 'Only a client with a key may use this.');
    return { ok: true, subject: client.id, ceiling: client };
  },
};
