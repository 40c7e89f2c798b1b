import type { Call, Client } from './client.ts';
import type { ServiceClient } from './service-client.ts';

/** What only administrators may do, done by a client that has the scope. */
export class Administrator {
  readonly #client: ServiceClient;
  readonly #desk: Client;
  readonly #issuer: string;

  constructor(client: ServiceClient, desk: Client, issuer: string) {
    this.#client = client;
    this.#desk = desk;
    this.#issuer = issuer;
  }

  async rotateKeys(): Promise<void> {
    await this.#act(201, '/auth/admin/keys', { method: 'POST' });
  }

  revokeKey(kid: string): Promise<void> {
    return this.#act(204, `/auth/admin/keys/${kid}`, { method: 'DELETE' });
  }

  endSessionsOf(userId: string): Promise<void> {
    return this.#act(204, `/auth/admin/users/${userId}/sessions`, { method: 'DELETE' });
  }

  register(client: ServiceClient, scopes: readonly string[], resources: readonly string[]): Promise<void> {
    const { id, ...json } = client.definition(scopes, resources);
    return this.#act(200, `/auth/admin/clients/${id}`, { method: 'PUT', json });
  }

  revokeTokensOf(client: ServiceClient): Promise<void> {
    return this.#act(204, `/auth/admin/clients/${client.id}/tokens`, { method: 'DELETE' });
  }

  async #act(expected: number, path: string, call: Call): Promise<void> {
    const card = await this.#client.card(this.#desk, this.#issuer, [`${this.#issuer}/auth`]);
    await this.#desk.expect(expected, path, { ...call, card });
  }
}
