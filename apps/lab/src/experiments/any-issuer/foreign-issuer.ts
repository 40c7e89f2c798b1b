import { startMeasuredProcess } from '@roomkey/experiment';

/** Another issuer, running: where it is, and tokens of it. */
export interface ForeignIssuer extends AsyncDisposable {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** A token of its client for a service, with those of the scopes. */
  token(resource: string, scope: string): Promise<string>;
  /** RFC 7009; the status of the answer. */
  revoke(token: string): Promise<number>;
}

const CLIENT = { client_id: 'partner', client_secret: 'a-secret-for-an-experiment-on-loopback' };
export const FOREIGN_SCOPES = ['documents.read', 'documents.audit', 'data:write', 'admin'] as const;

export async function startForeignIssuer(issuer: string): Promise<ForeignIssuer> {
  const server = await startMeasuredProcess(new URL('./processes/foreign-issuer.ts', import.meta.url), [], {
    ISSUER: issuer,
    SCOPE: FOREIGN_SCOPES.join(' '),
    CLIENT_ID: CLIENT.client_id,
    CLIENT_SECRET: CLIENT.client_secret,
  });
  const origin = `http://127.0.0.1:${server.port}`;
  const post = (path: string, form: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${origin}${path}`, { method: 'POST', body: new URLSearchParams({ ...CLIENT, ...form }) });
  return {
    issuer,
    jwksUrl: `${origin}/jwks`,
    async token(resource, scope) {
      const response = await post('/token', { grant_type: 'client_credentials', resource, scope });
      if (!response.ok) throw new Error(`the foreign issuer answers ${await response.text()}`);
      return ((await response.json()) as { access_token: string }).access_token;
    },
    revoke: async (token) => (await post('/token/revocation', { token })).status,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
