import { Client, Guest, httpRequest, saturate, type Saturation } from '@roomkey/experiment';
import type { DeskUnderTest } from './desk-under-test.ts';

/** Refresh tokens of so many sessions of one guest. */
export async function beginSessions({ process }: DeskUnderTest, count: number): Promise<string[]> {
  await using client = new Client(`http://127.0.0.1:${process.port}`);
  const guest = await Guest.register(client);
  const stays = await Promise.all(Array.from({ length: count }, () => guest.signIn()));
  return stays.map((stay) => stay.refreshToken);
}

/** Refreshes all sessions over and over, each on a connection of its own; what is left in `tokens` is good. */
export function refreshAll(
  { process }: DeskUnderTest,
  tokens: string[],
  seconds: number,
): Promise<Saturation> {
  return saturate({
    port: process.port,
    connections: tokens.length,
    seconds,
    requests: (session) =>
      httpRequest(
        'POST',
        '/auth/token',
        { 'content-type': 'application/x-www-form-urlencoded' },
        `grant_type=refresh_token&client_id=app&refresh_token=${tokens[session]}`,
      ),
    onAnswer: (session, body) => {
      tokens[session] = (JSON.parse(body) as { refresh_token: string }).refresh_token;
    },
  });
}
