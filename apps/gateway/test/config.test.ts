import type { SettingsError } from '@roomkey/service';
import { expect, test } from 'vitest';
import { loadGatewaySettings } from '../src/config.ts';

const GOOD = { HOST: '127.0.0.1', PORT: '8080', UPSTREAMS: 'auth=http://127.0.0.1:4001' };

function faultsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadGatewaySettings(env);
    return [];
  } catch (error) {
    return (error as SettingsError).faults;
  }
}

test('the routing table is read from UPSTREAMS', () => {
  const { UPSTREAMS } = loadGatewaySettings({
    ...GOOD,
    UPSTREAMS: 'auth=http://127.0.0.1:4001; image=http://[::1]:1, http://b.example ;',
  });
  expect([...UPSTREAMS]).toEqual([
    ['auth', ['http://127.0.0.1:4001']],
    ['image', ['http://[::1]:1', 'http://b.example']],
  ]);
});

test('every fault is named at once', () => {
  const faults = faultsOf({
    PORT: '99999',
    UPSTREAMS:
      'auth;Image=http://a;metrics=http://a;data=127.0.0.1:1,http://a/x,http://a?x,ftp://a;a=http://b,http://b;a=http://c',
    MAX_IN_FLIGHT: 'many',
  });
  for (const part of [
    'HOST is missing',
    'PORT',
    'MAX_IN_FLIGHT',
    '"auth" names no replicas',
    '"Image" cannot be',
    '"metrics" is a path',
    '"127.0.0.1:1" of data',
    '"http://a/x" of data',
    '"http://a?x" of data',
    '"ftp://a" of data',
    'a replica of a is named twice',
    '"a" is named twice',
  ])
    // prettier-ignore
    expect(faults.join('\n')).toContain(part);
  expect(faults).toHaveLength(12);
});

test.each(['', ' ', ';', ','])('UPSTREAMS "%s" is no routing table', (UPSTREAMS) => {
  expect(faultsOf({ ...GOOD, UPSTREAMS })).not.toEqual([]);
});
