import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from '../client.ts';
import { startOwnService } from '../own-service.ts';
import { showCallsLogged } from './calls-logged.ts';
import { expect, expectStatus } from './expect.ts';
import type { Guest } from './guests.ts';
import { report, type OwnStage } from './step.ts';

/** The room of docs/your-own-service.md is built and run: her card opens it, and it asks profile in her name. */
export async function openMinibar(stage: OwnStage, guest: Guest): Promise<void> {
  const { system, screen } = stage;
  const folder = await mkdtemp(join(tmpdir(), 'roomkey-minibar-'));
  try {
    await using minibar = await startOwnService(folder, system.origin, resolve(system.dataDir));
    screen.detail(`docs/your-own-service.md, 37 lines, runs at ${minibar.origin}`);
    const client = new Client(minibar.origin);
    try {
      const by = { servedBy: 'minibar' };
      const refused = expectStatus(await client.request('GET', '/minibar/bill'), 401);
      report(stage, refused, 'no card', by);
      const card = guest.card.token;
      const json = { what: 'water' };
      report(
        stage,
        expectStatus(await client.request('POST', '/minibar/items', { card, json }), 200),
        '',
        by,
      );
      const bill = expectStatus(await client.request('GET', '/minibar/bill', { card }), 200);
      const { guest: name } = bill.json() as { guest?: string };
      expect(name === 'Ada', 'a bill for Ada', bill.body.toString());
      report(stage, bill, bill.body.toString(), by);
    } finally {
      await client.close();
    }
    await showCallsLogged(stage, guest, 'minibar', { profile: 1 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
