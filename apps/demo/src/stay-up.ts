import { keepCardFile, type CardFile } from './card-file.ts';
import { Client } from './client.ts';
import type { Screen } from './screen.ts';
import type { System } from '@roomkey/embedded-system';
import { renewQuietly, type Guest } from './tour/guests.ts';

/**
 * Says where everything is, with a line to copy that works for as long as the system is up.
 *
 * @param guest whose card the line uses; none after a tour that failed early
 * @returns ends the renewal of the card when disposed
 */
export async function stayUp(
  system: System,
  screen: Screen,
  guest: Guest | undefined,
): Promise<AsyncDisposable> {
  const { origin, services, dataDir } = system;
  screen.heading('The system stays up');
  screen.detail(`gateway    ${origin}  ${screen.faint(`${origin}/gateway/status`)}`);
  for (const [service, replicas] of services) {
    screen.detail(`${service.padEnd(11)}${origin}/${service}/docs`);
    for (const { name, origin: own } of replicas) screen.detail(screen.faint(`  ${name.padEnd(13)}${own}`));
  }
  screen.detail(`logs       ${dataDir}/logs`);
  const card = guest === undefined ? undefined : await keepCardOf(guest, system);
  if (card !== undefined) {
    screen.line(
      `\n  Try it, with a card that the demo keeps fresh:\n\n    curl -H @${shellWord(card.path)} ${origin}/image/images`,
    );
  }
  screen.line(`\n  ${screen.style('bold', 'Ctrl-C')} ends it.`);
  return card ?? { [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function keepCardOf(guest: Guest, system: System): Promise<CardFile> {
  const client = new Client(system.origin);
  let latest = guest;
  const next = async () => {
    latest = await renewQuietly(client, latest);
    return latest.card;
  };
  const file = await keepCardFile(system.dataDir, latest.card, next);
  return {
    path: file.path,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await file[Symbol.asyncDispose]();
    },
  };
}

const shellWord = (path: string): string =>
  /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
