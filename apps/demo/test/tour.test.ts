import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DemoRun, endOf, scratchFolder } from './demo-run.ts';

const LEAVES_WITHIN_MS = 5_000;
const PATIENCE_MS = 300_000;

test(
  'demo --once plays the whole tour, says what happened, and leaves nothing behind; the data are found again',
  { timeout: PATIENCE_MS },
  async () => {
    await using folder = await scratchFolder();
    await using once = new DemoRun(folder.data, '--once', '--port', '0');
    await once.says('A replica is killed while requests run');
    const running = await once.processes();
    // PostgreSQL, the gateway, two replicas of four services, and the demo itself.
    expect(running.length).toBeGreaterThanOrEqual(11);
    expect(await once.end()).toEqual(endOf(0));
    await once.untilNothingIsLeft(running, LEAVES_WITHIN_MS);
    const { output } = once;
    const [, answered, failed] = /(\d+) requests through all of it, (\d+) failed/.exec(output) ?? [];
    expect(Number(answered)).toBeGreaterThanOrEqual(500);
    expect(Number(failed)).toBe(0);
    expect(output).toMatch(/GPS position -?\d+\.\d+, -?\d+\.\d+/);
    expect(output).toMatch(/→ 200 by image-[12], card verified in \d+\.\d+ ms.* no Exif/);
    for (const status of [401, 403, 404, 412, 428, 503]) expect(output).toContain(`→ ${status} by`);
    expect(output).toMatch(/the log of image-[12]: GET .* → 200 {2}profile acts for ada/);
    for (const who of ['profile', 'data', 'minibar'])
      expect(output).toMatch(new RegExp(`the log of [a-z]+-[12]: GET .* → 200 {2}${who} acts for ada`));
    expect(output).toMatch(/in the archive: data\/collections\/wishes\.json/);
    expect(output).toMatch(/GET \/minibar\/bill → 200 .*{"guest":"Ada","taken":\["water"\]}/);
    for (const what of [
      'auth: 1 accounts',
      'profile: .*1 profiles',
      'image: 1 images',
      'data: .*1 documents',
    ])
      expect(output).toMatch(new RegExp(`erased in ${what}`));
    // In a pipe there are no codes for colours.
    expect(output).not.toContain('\u001B');

    const keyFile = join(folder.data, 'secrets', 'key-encryption-key');
    const key = await readFile(keyFile, 'utf8');
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);

    await using again = new DemoRun(folder.data, '--port', '0', '--replicas', '1');
    await again.says('Ctrl-C');
    expect(await readFile(keyFile, 'utf8')).toBe(key);
    expect(again.output).toContain('left out: with one replica of each service there is no other');
    const [, cardFile, url] = /curl -H @(\S+) (\S+)/.exec(again.output) ?? [];
    const [name = '', value = ''] = (await readFile(String(cardFile), 'utf8')).trim().split(': ');
    const listing = await fetch(String(url), { headers: { [name]: value } });
    expect(listing.status).toBe(200);

    await using second = new DemoRun(folder.data, '--port', '0', '--fresh');
    expect(await second.end()).toEqual(endOf(1));
    expect(second.output).toContain(`A system already runs on ${folder.data}`);

    const processes = await again.processes();
    again.signal('SIGINT');
    await again.untilNothingIsLeft(processes, LEAVES_WITHIN_MS);
    expect(await again.end()).toEqual(endOf(0));
  },
);
