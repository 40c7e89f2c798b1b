import { randomBytes } from 'node:crypto';
import type { Client } from './client.ts';

/** Somebody who is signed in. */
export interface Stay {
  readonly accountId: string;
  readonly card: string;
  readonly refreshToken: string;
}

interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** An account of this experiment alone. */
export class Guest {
  readonly #desk: Client;
  readonly #credentials: { readonly name: string; readonly password: string };
  readonly accountId: string;

  private constructor(desk: Client, credentials: { name: string; password: string }, accountId: string) {
    this.#desk = desk;
    this.#credentials = credentials;
    this.accountId = accountId;
  }

  static async register(desk: Client): Promise<Guest> {
    const credentials = {
      name: `guest-${randomBytes(6).toString('hex')}`,
      password: randomBytes(12).toString('hex'),
    };
    const { id } = await desk.expect<{ id: string }>(201, '/auth/accounts', {
      method: 'POST',
      json: credentials,
    });
    return new Guest(desk, credentials, id);
  }

  async signIn(): Promise<Stay> {
    const answer = await this.#desk.expect<TokenAnswer>(201, '/auth/sessions', {
      method: 'POST',
      json: this.#credentials,
    });
    return { accountId: this.accountId, card: answer.access_token, refreshToken: answer.refresh_token };
  }
}

export async function refresh(desk: Client, stay: Stay): Promise<Stay> {
  const form = { grant_type: 'refresh_token', client_id: 'app', refresh_token: stay.refreshToken };
  const answer = await desk.expect<TokenAnswer>(200, '/auth/token', { method: 'POST', form });
  return { accountId: stay.accountId, card: answer.access_token, refreshToken: answer.refresh_token };
}

/** The expiry of a card, in seconds since the epoch. */
export function expiryOf(card: string): number {
  const payload = JSON.parse(Buffer.from(card.split('.')[1] ?? '', 'base64url').toString()) as {
    exp: number;
  };
  return payload.exp;
}
