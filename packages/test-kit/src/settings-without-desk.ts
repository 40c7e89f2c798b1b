import { generateKeyPairSync } from 'node:crypto';

/** Settings of a room as a client, with a key of its own, of a desk that is not there: it serves all the same. */
export function settingsWithoutDesk(clientId: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    CLIENT_ID: clientId,
    CLIENT_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    TOKEN_URL: 'http://127.0.0.1:1/auth/token',
    SECURITY_EVENTS_URL: 'http://127.0.0.1:1/auth/events/poll',
    AUTH_RESOURCE: 'http://test/auth',
  };
}
